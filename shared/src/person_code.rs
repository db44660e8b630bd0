//! 人员码: what the code on a person's badge says (docs/sync.md, "Codes of persons").

use crate::person::{Person, STAFF_NO_MAX_CHARS};

/// How a code of ours begins.
const OURS: &str = "jiangdao:";
/// What of ours names a person.
const PERSON: &str = "p:";

/// Whom a code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonCode<'a> {
    /// The code of an org of which the person is, or one below it; none of a bare staff number.
    pub org: Option<&'a str>,
    /// The staff number.
    pub staff_no: &'a str,
}

impl<'a> PersonCode<'a> {
    /// Reads `jiangdao:p:<org code>:<staff no>`, or a bare staff number. None of anything else: another code of
    /// ours, an address, a text.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (org, staff_no) = match text.strip_prefix(OURS) {
            Some(ours) => {
                let (org, staff_no) = ours.strip_prefix(PERSON)?.split_once(':')?;
                (Some(org), staff_no)
            }
            None => (None, text),
        };
        let plain =
            |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace());
        let fits = plain(staff_no) && staff_no.chars().count() <= STAFF_NO_MAX_CHARS;
        (fits && org.is_none_or(plain) && !staff_no.contains("://")).then_some(Self { org, staff_no })
    }

    /// The text of a code.
    #[must_use]
    pub fn write(org_code: &str, staff_no: &str) -> String {
        [OURS, PERSON, org_code, ":", staff_no].concat()
    }

    /// Whether it names this person, who is of the orgs with these codes: the own one and all above it.
    #[must_use]
    pub fn names<'o>(&self, person: &Person, mut org_codes: impl Iterator<Item = &'o str>) -> bool {
        let same = |no: &str| no.to_lowercase() == self.staff_no.to_lowercase();
        person.staff_no.as_deref().is_some_and(same)
            && self.org.is_none_or(|org| org_codes.any(|code| code == org))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{OrgId, PersonId};

    #[test]
    fn a_code_is_ours_or_a_number() {
        let read = PersonCode::read;
        let text = PersonCode::write("JC-01", "A:7");
        assert_eq!(text, "jiangdao:p:JC-01:A:7");
        assert_eq!(read(&text), Some(PersonCode { org: Some("JC-01"), staff_no: "A:7" }));
        assert_eq!(read(" 100002\n"), Some(PersonCode { org: None, staff_no: "100002" }));
        let long = "9".repeat(33);
        for none in [
            "",
            " ",
            "jiangdao:",
            "jiangdao:s:x:1",
            "jiangdao:p:1",
            "jiangdao:p::1",
            "jiangdao:p:a:",
            "https://example.org/1",
            "two words",
            "a\u{0}b",
            &long,
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn a_number_counts_within_the_org_that_is_named() {
        let person = Person {
            id: PersonId::from_u128(1),
            name: "王芳".into(),
            org: OrgId::from_u128(2),
            staff_no: Some("a7".into()),
            phone_tail: None,
        };
        let names = |text: &str| {
            let codes = ["JC-01-02", "JC-01"];
            PersonCode::read(text).is_some_and(|code| code.names(&person, codes.into_iter()))
        };
        assert!(names("A7") && names("jiangdao:p:JC-01:A7") && names("jiangdao:p:JC-01-02:a7"));
        assert!(!names("jiangdao:p:JC-02:A7") && !names("A8"));
    }
}
