//! Makes the seeds that cannot be typed. They are kept as files all the same, so that the same seeds give
//! the same mutations in every commit.

use super::city::{NOW, first_day, with};
use super::{backup, corpus, rescue};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// Writes the seeds that a program has to make over those that are there.
///
/// # Panics
/// They cannot be made or written.
pub fn make() {
    server::rescue::Key::load_or_make(&corpus()).unwrap();
    let mut made = rescue::made();
    let packed = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    made.push(("push/packed.gz", packed(first_day().to_string().as_bytes())));
    made.push(("push/bomb.gz", packed(&vec![b' '; 16 << 20])));
    let (gb18030, ..) = encoding_rs::GB18030.encode(ROSTER);
    made.push(("table/gb18030.csv", gb18030.into_owned()));
    made.push(("table/roster.csv", ROSTER.into()));
    made.push(("table/roster.tsv", ROSTER.replace(',', "\t").into()));
    for (name, path) in [
        ("table/roster.xlsx", "/api/v1/imports/templates/roster.xlsx"),
        ("table/orgs.xlsx", "/api/v1/imports/templates/orgs.xlsx"),
    ] {
        let request = axum::http::Request::get(path).header("Authorization", "Bearer login-admin");
        let answer = with(|city| city.send(request.body(axum::body::Body::empty()).unwrap()));
        assert_eq!(answer.status, 200);
        made.push((name, answer.bytes));
    }
    let to = std::env::temp_dir().join(format!("jiangdao-outside-{}", uuid::Uuid::new_v4()));
    with(|city| server::backup::back_up_once(city.dir(), &to, None, NOW).unwrap());
    let epoch = std::fs::read_dir(&to).unwrap().next().unwrap().unwrap().path();
    made.extend(backup::made(&epoch));
    std::fs::remove_dir_all(&to).unwrap();
    super::city::end();
    for (name, bytes) in made {
        assert!(bytes.len() <= 64 * 1024, "{name} is large");
        let path = corpus().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

const ROSTER: &str =
    "某厂花名册\n序号,姓名,工号,车间,手机\n1,王芳,1001,一车间,13800138000\n2,\"李 伟\",1002,,\n";
