//! `rescue import`: takes in what a phone saved to a file.

use super::say;
use crate::db;
use crate::fault::{Fault, Rejection};
use crate::refuse::Refusal;
use crate::rescue::{self, Key, Vouched};
use shared::problem::Code;
use shared::rescue::RefusedPart;
use shared::text::Lang;
use std::path::Path;

/// Takes a file in, under its name for messages; `login`: for whose parts the operator vouches.
///
/// # Errors
/// One clear line for the file, or for each part that was not taken in: the others were.
pub(super) fn import(
    dir: &Path,
    (name, file): (&str, &[u8]),
    login: Option<&str>,
    now_ms: i64,
) -> Result<(), Rejection> {
    let key = Key::load(dir)?.ok_or_else(|| {
        let dir = dir.display();
        Rejection::new(
            format!("数据文件夹 {dir} 里没有 rescue.key：还没有启动过服务，或者不是这个文件夹"),
            format!("there is no rescue.key in the data folder {dir}: nothing was ever served from it, or it is another folder"),
        )
    })?;
    let refused = |refusal: Refusal| Rejection::at(name, 0, &fault(refusal.code));
    let content = rescue::open(&key, file).map_err(refused)?;
    let mut connection = db::connect(dir)?;
    let vouched = login.map(|login| Vouched::of(&connection, login)).transpose()?;
    let done = rescue::import(&mut connection, now_ms, &content, vouched.as_ref()).map_err(refused)?;
    say(&format!(
        "救援文件：新收 {0}，已有 {1}，待处理 {2} / rescue file: {0} taken, {1} known already, {2} held",
        done.taken, done.dup, done.held
    ))?;
    let lines: Vec<String> = done.refused.iter().map(|part| line(name, part)).collect();
    if lines.is_empty() { Ok(()) } else { Err(Rejection { lines }) }
}

fn line(file: &str, part: &RefusedPart) -> String {
    let RefusedPart { login, count, code } = part;
    let why = Code::from_code(code).unwrap_or(Code::Internal);
    let (mut zh, mut en) = (why.title(Lang::Zh).to_owned(), why.title(Lang::En).to_owned());
    if why == Code::RescueUnproven {
        zh += &format!("；确认来源后可加 --as {login} 再导入");
        en += &format!("; once you are sure of it, import again with --as {login}");
    }
    format!("{file}: {login}（{count} 条）：{zh} / {login} ({count}): {en}")
}

fn fault(code: Code) -> Fault {
    Fault::new(code.title(Lang::Zh), code.title(Lang::En))
}
