//! The program as people and scripts start it: exit status, the one line on standard error, and
//! commands beside a running server.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const ORGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/orgs.csv");
const BAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/roster-bad.csv");

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("jiangdao-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn data(&self) -> String {
        self.0.join("data").display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind in the system's folder for such things is no fault of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jiangdao"))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that asks for no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn good(args: &[&str], input: &str) -> String {
    let output = run(args, input);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{args:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The lines that a refused command says.
fn refused(args: &[&str], input: &str) -> Vec<String> {
    let output = run(args, input);
    assert!(!output.status.success() && output.stdout.is_empty(), "{args:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text.lines().map(str::to_owned).collect()
}

fn refused_once(args: &[&str], input: &str, says: &str) {
    let lines = refused(args, input);
    assert!(lines.len() == 1 && lines[0].contains(says) && lines[0].contains(" / "), "{args:?}: {lines:?}");
}

#[test]
fn every_refusal_is_one_clear_line() {
    let folder = Folder::new("refusals");
    let data = folder.data();
    let missing = folder.0.join("no.csv").display().to_string();
    let file = folder.0.join("file").display().to_string();
    std::fs::write(&file, "姓名\n\"张\n").unwrap();
    good(&["org", "import", "--data", &data, ORGS], "");
    refused_once(&["org", "import", "--data", &data, &missing], "", "no.csv: ");
    refused_once(&["org", "import", "--data", &file, ORGS], "", "cannot be written");
    refused_once(&["roster", "import", "--data", &data, "--org", "130302-001", &file], "", "file:2: ");
    refused_once(
        &["roster", "import", "--data", &data, "--org", "none", BAD],
        "",
        "no org has the code none",
    );
    refused_once(&["campaign", "add", "--data", &data, "--title", " "], "", "no title");
    refused_once(&["frobnicate"], "", "--help");
    refused_once(&["serve", "--data", &data, "--listen", "nowhere"], "", "no address");
    let account = |login, role, org| {
        [
            "account",
            "add",
            "--data",
            data.as_str(),
            "--login",
            login,
            "--role",
            role,
            "--org",
            org,
            "--password-stdin",
        ]
    };
    refused_once(&account("li", "admin", "130300"), "7 signs\n", "at least 8");
    refused_once(&account("li", "king", "130300"), "long enough", "no role");
    refused_once(&account("li", "admin", "0"), "long enough", "no org");
    refused_once(&account("l i", "admin", "130300"), "long enough", "white space");
    good(&account(" li ", "admin", "130300"), "long enough\r\n");
    refused_once(&account("li", "admin", "130300"), "long enough", "is taken");
    let lines = refused(&["roster", "import", "--data", &data, "--org", "130302-001", BAD], "");
    assert_eq!(lines.len(), 6, "{lines:#?}");
    for (line, number) in lines.iter().zip(2..) {
        assert!(line.contains(&format!("roster-bad.csv:{number}: ")), "{line}");
    }
}

#[test]
fn a_person_is_erased_by_name_number_or_id() {
    let folder = Folder::new("erase");
    let data = folder.data();
    let nowhere = folder.0.join("none").display().to_string();
    refused_once(&["retention", "--data", &nowhere], "", "there is no data");
    assert!(!Path::new(&nowhere).exists(), "a mistyped folder is not made");
    let file = folder.0.join("list.csv").display().to_string();
    std::fs::write(&file, "姓名,工号\n王小虎,1\n王小虎,2\n李四,3\n").unwrap();
    good(&["org", "import", "--data", &data, ORGS], "");
    good(&["roster", "import", "--data", &data, "--org", "130302-001", &file], "");
    let erase = ["person", "erase", "--data", &data, "--org", "130302-001"];
    let call = |more: &[&str]| good(&[&erase, more].concat(), "");
    let refuse = |more: &[&str], says: &str| refused_once(&[&erase, more].concat(), "", says);
    refuse(&["赵六"], "there is no");
    refuse(&["王小虎", "--yes"], "there are 2 of");
    assert!(call(&["2"]).contains("--yes"), "it only tells");
    assert!(call(&["2", "--yes"]).contains("erased"));
    refuse(&["2"], "there is no");
    assert!(call(&["王小虎"]).contains("would erase 王小虎 1"));
    assert!(good(&["retention", "--data", &data], "").contains("for ever"));
    assert!(good(&["retention", "--data", &data, "12"], "").contains("12 months; due now: 0"));
    refused_once(&["retention", "--data", &data, "0"], "", "no number of months");
    assert!(good(&["check", "--data", &data], "").contains("agree"));
}

/// A server that runs until it is dropped.
struct Server {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
    address: String,
    said: Vec<String>,
}

impl Server {
    fn start(data: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_jiangdao"))
            .args(["serve", "--data", data, "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in lines.by_ref() {
            said.push(line.unwrap());
            if said.last().unwrap().contains("Ctrl-C") {
                break;
            }
        }
        let address = said.iter().find_map(|line| line.split("http://").nth(1)).unwrap();
        let address = address.trim_end_matches('/').to_owned();
        Self { child, lines, address, said }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn commands_work_while_the_data_are_served() {
    let folder = Folder::new("beside");
    let data = folder.data();
    let mut server = Server::start(&data);
    let link = |server: &Server| {
        let line = server.said.iter().find(|line| line.contains("/desk/first#")).cloned();
        line.map(|line| line.rsplit('#').next().unwrap().to_owned())
    };
    let first = link(&server).unwrap();
    assert_eq!(first.len(), 64, "{:?}", server.said);
    assert!(server.get("/api/v1/health").starts_with("HTTP/1.1 200"));
    good(&["org", "import", "--data", &data, ORGS], "");
    let id = good(&["campaign", "add", "--data", &data, "--title", "专题", "--notice", "1号"], "");
    assert_eq!((id.trim().len(), id.lines().count()), (36, 1), "the id alone");
    refused_once(&["serve", "--data", &data, "--listen", &server.address], "", "in use");
    assert!(server.get("/api/v1/coverage").starts_with("HTTP/1.1 401"));
    stop(&mut server);
    let mut server = Server::start(&data);
    assert_ne!(link(&server).unwrap(), first, "a new start prints a new link");
    stop(&mut server);
    let account = ["account", "add", "--data", &data, "--role", "admin", "--org", "130300"];
    good(&[&account[..], &["--login", "wang", "--password-stdin"]].concat(), "long enough");
    assert_eq!(link(&Server::start(&data)), None, "there is an admin");
}

#[test]
fn a_second_factor_is_switched_off_from_the_console() {
    let folder = Folder::new("factor");
    let data = folder.data();
    let reset = ["account", "reset-factor", "--data", &data, "--login", "li"];
    refused_once(&reset, "", "no data in");
    good(&["org", "import", "--data", &data, ORGS], "");
    refused_once(&reset, "", "no account li");
    let account = ["account", "add", "--data", &data, "--role", "manager", "--org", "130302"];
    good(&[&account[..], &["--login", "li", "--password-stdin"]].concat(), "long enough");
    refused_once(&reset, "", "has no second factor");
    let on = "INSERT INTO second_factor (account_id, secret, made_ms, since_ms)
        SELECT account_id, zeroblob(20), 1, 2 FROM account WHERE login = 'li'";
    let data_folder = server::db::connect(Path::new(&data)).unwrap();
    assert_eq!(data_folder.execute(on, []).unwrap(), 1);
    assert!(good(&reset, "").contains("the second factor of li is off"));
    refused_once(&reset, "", "has no second factor");
    let noted = "SELECT count(*) FROM audit WHERE act = 'factor_off' AND account_id IS NULL";
    assert_eq!(data_folder.query_row(noted, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[cfg(unix)]
fn stop(server: &mut Server) {
    let id = server.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(server.child.wait().unwrap().success());
    assert!(server.lines.next().unwrap().unwrap().contains("stopped"));
}

#[cfg(not(unix))]
fn stop(_: &mut Server) {}

#[test]
fn a_port_in_use_is_said_before_anything_is_made() {
    let folder = Folder::new("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused_once(&["serve", "--data", &folder.data(), "--listen", &address, "--demo"], "", "in use");
    assert!(!Path::new(&folder.data()).exists());
}

/// A rescue file that holds one session of `li`, with a token that no server knows.
fn rescue_file(data: &str) -> Vec<u8> {
    let key = std::fs::read_to_string(Path::new(data).join("rescue.key")).unwrap();
    let public = key.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let id = |n: u8| format!("01900000-0000-7000-8000-0000000000{n:02}");
    let set = format!(
        r#"{{"org":"{}","campaign":"{}","activity":"lecture","title":"救援","starts_ms":1}}"#,
        id(1),
        id(2)
    );
    let change = format!(
        r#"{{"id":"{}","seq":1,"v":1,"kind":"session_set","session":"{}","wall_ms":1,"body":{{"set":{set}}}}}"#,
        id(3),
        id(4)
    );
    let content = format!(
        r#"{{"v":1,"app":"0.1.0","made_ms":1,"parts":[{{"account":{{"id":"{}","login":"li","name":"李"}},
            "push_token":"none","replicas":[{{"replica":"{}","changes":[{change}]}}]}}]}}"#,
        id(5),
        id(6)
    );
    seal::seal(public, content.as_bytes()).unwrap()
}

#[test]
fn a_rescue_file_is_imported_beside_the_server_and_the_operator_may_vouch_for_it() {
    let folder = Folder::new("rescue");
    let data = folder.data();
    let path = folder.0.join("讲到-救援-20261122-1540.jiangdao").display().to_string();
    std::fs::write(&path, "x").unwrap();
    let import = ["rescue", "import", "--data", &data, &path];
    refused_once(&import, "", "no rescue.key");
    let _server = Server::start(&data);
    refused_once(&import, "", "jiangdao: 这不是救援文件");
    good(&["org", "import", "--data", &data, ORGS], "");
    let account = ["account", "add", "--data", &data, "--role", "organizer", "--org", "130302-001"];
    good(&[&account[..], &["--login", "li", "--password-stdin"]].concat(), "long enough");
    good(&[&account[..], &["--login", "wang", "--password-stdin"]].concat(), "long enough");
    std::fs::write(&path, rescue_file(&data)).unwrap();
    // Of nobody that the server knows by the token, and not of the one who is vouched for.
    for vouched in [&[][..], &["--as", "wang"]] {
        let output = run(&[&import[..], vouched].concat(), "");
        let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && out.contains("0 taken"), "{out}{error}");
        assert!(
            error.lines().count() == 1 && error.contains("li (1)") && error.contains("--as li"),
            "{error}"
        );
    }
    refused_once(&[&import[..], &["--as", "nobody"]].concat(), "", "no account nobody");
    let vouched = [&import[..], &["--as", "li"]].concat();
    // Held: the org is none of this city's. Whose it is, is known all the same.
    assert!(good(&vouched, "").contains("0 taken, 0 known already, 1 held"));
    assert!(good(&vouched, "").contains("0 taken, 0 known already, 1 held"));
    let mut damaged = rescue_file(&data);
    damaged.pop();
    std::fs::write(&path, damaged).unwrap();
    refused_once(&import, "", "damaged on its way");
}

#[test]
fn the_audit_is_verified_and_a_noted_head_is_found_again() {
    let folder = Folder::new("audit");
    let data = folder.data();
    let verify = ["audit", "verify", "--data", &data];
    refused_once(&verify, "", "no data in");
    good(&["org", "import", "--data", &data, ORGS], "");
    let account = ["account", "add", "--data", &data, "--role", "organizer", "--org", "130302-001"];
    good(&[&account[..], &["--login", "li", "--password-stdin"]].concat(), "long enough");
    let said = good(&verify, "");
    assert!(said.contains("3 rows, head "), "{said}");
    let head = said.trim().rsplit(' ').next().unwrap();
    good(&[&account[..], &["--login", "wang", "--password-stdin"]].concat(), "long enough");
    let later = good(&[&verify[..], &["--head", head]].concat(), "");
    assert!(later.contains("the noted head is row 3") && later.contains("5 rows"), "{later}");
    assert!(good(&["check", "--data", &data], "").contains("audit: 5 rows"));
    refused_once(&[&verify[..], &["--head", &"0".repeat(64)]].concat(), "", "not in the audit");
    refused_once(&[&verify[..], &["--head", "x"]].concat(), "", "64 hexadecimal digits");
}
