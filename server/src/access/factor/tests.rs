//! Codes of the standard, and each taken once.

use super::*;
use crate::access::account;
use crate::db;

/// Of RFC 6238, Appendix B: the secret of its SHA-1 vectors.
const SECRET: [u8; SECRET_BYTES] = *b"12345678901234567890";
/// Of the same: time in seconds, and the last six of the eight digits.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn somebody() -> (Connection, i64) {
    let connection = db::memory().unwrap();
    let new = account::New { login: "li", name: "李", password_hash: "x" };
    let account_id = account::add(&connection, new, 0).unwrap().unwrap();
    (connection, account_id)
}

#[test]
fn the_vectors_of_the_standard_are_right() {
    for (at_s, code) in VECTORS {
        assert_eq!(step_of(SECRET, code, at_s * 1_000), Some(at_s / 30), "{code}");
    }
    assert_eq!(text(SECRET), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

#[test]
fn a_code_is_taken_a_step_early_or_late_and_no_more() {
    // 1111111109 is the last second but one of its step.
    let (at_s, code) = VECTORS[1];
    let (first, last) = (at_s / 30 * 30, at_s / 30 * 30 + 29);
    for good in [first - 30, first, last, last + 30] {
        assert_eq!(step_of(SECRET, code, good * 1_000 + 999), Some(at_s / 30), "{good}");
    }
    for bad in [first - 31, last + 31] {
        assert_eq!(step_of(SECRET, code, bad * 1_000 + 999), None, "{bad}");
    }
    for wrong in ["", "81804", "0081804", "+81804", "081805", "０８１８０４", "-1"] {
        assert_eq!(step_of(SECRET, wrong, at_s * 1_000), None, "{wrong}");
    }
    assert_eq!(step_of(SECRET, code, -1), None, "a clock before all time");
}

#[test]
fn a_step_is_taken_once_and_none_before_it_afterwards() {
    let (connection, account_id) = somebody();
    let at_ms = |step: i64| step * 30_000;
    let code = |step: i64| totp(SECRET).generate(u64::try_from(step * 30).unwrap()).to_string();
    let spend = |code: &str, now_ms| spend(&connection, account_id, code, now_ms).unwrap();
    assert_eq!(spend(&code(100), at_ms(100)), None, "there is none");
    assert!(begin(&connection, account_id, SECRET, at_ms(100)).unwrap());
    assert_eq!(spend(&code(100), at_ms(100)), None, "begun is not on");
    assert_eq!(since(&connection, account_id).unwrap(), None);
    let recovery = recovery_codes().unwrap();
    assert!(!confirm(&connection, account_id, "000000", &recovery, at_ms(100)).unwrap());
    assert!(confirm(&connection, account_id, &code(100), &recovery, at_ms(100)).unwrap());
    assert_eq!(since(&connection, account_id).unwrap(), Some(at_ms(100)));
    assert!(!begin(&connection, account_id, [0; SECRET_BYTES], at_ms(100)).unwrap(), "it is on");
    assert!(!confirm(&connection, account_id, &code(101), &recovery, at_ms(101)).unwrap(), "it is on");
    assert_eq!(spend(&code(100), at_ms(100)), None, "that confirmed it");
    // The app is ahead; then its code of before comes too late.
    assert_eq!(spend(&code(102), at_ms(101)), Some(By::App));
    assert_eq!(spend(&code(102), at_ms(101)), None, "again");
    assert_eq!(spend(&code(101), at_ms(101)), None, "of a step before");
    // As an app shows it.
    let spaced = format!("{} {}", &code(103)[..3], &code(103)[3..]);
    assert_eq!(spend(&spaced, at_ms(103)), Some(By::App));
}

#[test]
fn each_recovery_code_is_taken_once_and_kept_as_a_hash() {
    let (connection, account_id) = somebody();
    begin(&connection, account_id, SECRET, 0).unwrap();
    let recovery = recovery_codes().unwrap();
    let first = totp(SECRET).generate(0).to_string();
    assert!(confirm(&connection, account_id, &first, &recovery, 0).unwrap());
    assert_eq!(recovery.len(), RECOVERY_CODES);
    for code in &recovery {
        assert_eq!(code.len(), 14, "{code}");
        let kept = "SELECT count(*) FROM recovery_code WHERE instr(code_hash, ?1) OR instr(code_hash, ?2)";
        let kept: i64 = connection.query_row(kept, (code, plain(code)), |row| row.get(0)).unwrap();
        assert_eq!(kept, 0);
    }
    let spend = |code: &str| spend(&connection, account_id, code, 1).unwrap();
    assert_eq!(spend(&recovery[0].to_uppercase().replace('-', " ")), Some(By::Recovery));
    assert_eq!(spend(&recovery[0]), None, "again");
    assert_eq!(spend(&recovery[1]), Some(By::Recovery));
    assert_eq!(recovery_left(&connection, account_id).unwrap(), 6);
    assert!(end(&connection, account_id).unwrap());
    assert!(!end(&connection, account_id).unwrap());
    assert_eq!((spend(&recovery[2]), recovery_left(&connection, account_id).unwrap()), (None, 0));
}

#[test]
fn an_app_can_scan_it() {
    assert_eq!(
        url(SECRET, "李 x"),
        "otpauth://totp/Jiangdao:%E6%9D%8E%20x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
         &issuer=Jiangdao&algorithm=SHA1&digits=6&period=30"
    );
}
