//! The demo city: real divisions of one city with invented enterprises and people, so that
//! somebody who tries the product has something to look at. Loaded into an empty data folder only.

use crate::commands::account;
use crate::fault::Rejection;
use crate::{campaign, db, import};
use rusqlite::Connection;
use shared::campaign::Campaign;
use shared::id::CampaignId;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use uuid::Uuid;

const ORGS: &[u8] = include_bytes!("../../tests/data/orgs.csv");
const ROSTER: &[u8] = include_bytes!("../../tests/data/roster-5000.csv");
/// The union that the roster is of.
const ROSTER_ORG: &str = "130302-001";
/// The campaign's fixed id, so that scripts and tests can name it.
const CAMPAIGN: CampaignId = CampaignId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0002);
/// Where the passwords stand that were made for this folder.
const LOGINS: &str = "demo-logins.txt";

struct Role {
    login: &'static str,
    name: &'static str,
    role: &'static str,
    role_zh: &'static str,
    org: &'static str,
}

const ROLES: [Role; 3] = [
    Role {
        login: "admin", name: "市级管理员", role: "admin", role_zh: "市级管理员", org: "130300"
    },
    Role {
        login: "haigang", name: "海港区管理员", role: "manager", role_zh: "管理员", org: "130302"
    },
    Role {
        login: "zhang", name: "张师傅", role: "organizer", role_zh: "现场记录员", org: ROSTER_ORG
    },
];

/// Whether the demo may be loaded: nothing is there yet.
///
/// # Errors
/// A fault of the database.
pub(crate) fn is_empty(conn: &Connection) -> Result<bool, Rejection> {
    let orgs: i64 = conn.query_row("SELECT count(*) FROM org", [], |row| row.get(0))?;
    let accounts: i64 = conn.query_row("SELECT count(*) FROM account", [], |row| row.get(0))?;
    Ok(orgs == 0 && accounts == 0)
}

/// Loads the demo city, all or nothing. The passwords are made now and stand in a file of the
/// data folder that only its owner can read.
///
/// # Errors
/// One line.
pub(crate) fn load(conn: &mut Connection, dir: &Path) -> Result<(), Rejection> {
    let now_ms = crate::clock::Clock::system().now_ms();
    let passwords: Vec<String> = ROLES.iter().map(|_| password()).collect();
    let accounts = ROLES
        .iter()
        .zip(&passwords)
        .map(|(role, password)| {
            let Role { login, name, role, org, .. } = role;
            account::check(&account::New { login, name: Some(name), role, org, password })
        })
        .collect::<Result<Vec<_>, _>>()?;
    db::transaction(conn, |conn| {
        // Somebody else may have begun in between.
        if !is_empty(conn)? {
            return Ok(());
        }
        import::org::import(conn, "orgs.csv", ORGS)?;
        import::roster::import(conn, ROSTER_ORG, "roster-5000.csv", ROSTER, now_ms)?;
        campaign::put(
            conn,
            &Campaign::new(
                CAMPAIGN,
                "学习宣传全会精神“四进”宣讲活动".to_owned(),
                Some("秦工发〔2026〕12号".to_owned()),
            ),
            now_ms,
        )?;
        for account in &accounts {
            account::add(conn, account, now_ms)?;
        }
        // Before the commit: accounts whose passwords nobody knows would be of no use.
        keep(dir, &passwords)
    })
}

/// Sixty random bits in letters and digits that are not taken for each other.
fn password() -> String {
    const SIGNS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random = Uuid::new_v4().into_bytes();
    // Bytes 6 and 8 of a UUID are not all random.
    let mut bytes =
        random.iter().enumerate().filter(|(place, _)| !matches!(place, 6 | 8)).map(|(_, byte)| byte);
    let mut text = String::new();
    for group in 0..3 {
        if group > 0 {
            text.push('-');
        }
        for byte in bytes.by_ref().take(4) {
            text.push(char::from(SIGNS[usize::from(byte % 32)]));
        }
    }
    text
}

/// Writes who can log in.
fn keep(dir: &Path, passwords: &[String]) -> Result<(), Rejection> {
    let mut text = "# login\tpassword\trole\torg\tname\n".to_owned();
    for (role, password) in ROLES.iter().zip(passwords) {
        let Role { login, name, role, role_zh, org } = role;
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{login}\t{password}\t{role} {role_zh}\t{org}\t{name}");
    }
    let path = dir.join(LOGINS);
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&path).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|error| {
        let path = path.display();
        Rejection::new(format!("{path} 写不出去：{error}"), format!("{path} cannot be written: {error}"))
    })
}

/// Lines that say who can log in; none without the demo.
pub(crate) fn logins(dir: &Path) -> Vec<String> {
    let Ok(text) = std::fs::read_to_string(dir.join(LOGINS)) else { return Vec::new() };
    let mut lines = vec![format!("  演示账号 / demo logins ({LOGINS}):")];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let [login, password, role, org, name] = line.split('\t').collect::<Vec<_>>().as_slice() {
            lines.push(format!("    {login:<8} {password}  {role} @ {org} {name}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_made_not_given() {
        let (a, b) = (password(), password());
        assert_ne!(a, b);
        assert_eq!(a.len(), 14, "{a}");
        assert!(a.chars().all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit()), "{a}");
    }

    #[test]
    fn loaded_once_with_logins_that_only_the_owner_reads() {
        let folder = crate::test::Folder::new();
        let mut conn = db::connect(folder.path()).unwrap();
        assert!(is_empty(&conn).unwrap());
        load(&mut conn, folder.path()).unwrap();
        let lines = logins(folder.path());
        assert_eq!(lines.len(), 1 + ROLES.len(), "{lines:?}");
        load(&mut conn, folder.path()).unwrap();
        assert_eq!(logins(folder.path()), lines, "a second load changes nothing");
        let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM org"), 755);
        assert_eq!(count("SELECT count(*) FROM roster_entry WHERE from_ms = 0"), 5_000);
        assert_eq!(count("SELECT count(*) FROM role_grant WHERE from_ms = 0 AND until_ms IS NULL"), 3);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join(LOGINS)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
