//! What is still on phones (待上传在手机上): who has to be reminded, and in which words.

use crate::id::{OrgId, SessionId};
use crate::stamp::civil;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One phone, or one closing code, with what it declared for one session and the server has not got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnPhone {
    /// The session.
    pub session: SessionId,
    /// Its title.
    pub title: String,
    /// When it started, ms.
    pub starts_ms: i64,
    /// The org that holds it.
    pub org: OrgId,
    /// The org's name.
    pub org_name: String,
    /// Name of whose phone it is; null for a closing code, which does not say.
    pub name: Option<String>,
    /// What the phone calls itself.
    pub device: Option<String>,
    /// The phone's last contact, ms; null for a code, and of a phone before its first.
    pub last_seen_ms: Option<i64>,
    /// Since when it is declared, ms.
    pub since_ms: i64,
    /// Check-ins that it declared and that are not here.
    pub check_ins: u32,
    /// Responses that the session lacks, where this one declared some: of which phone they are, nobody knows.
    pub responses: u32,
}

/// What somebody may paste into a chat of each branch: which sessions, whose phones, how many.
/// Branches come by name, sessions by their start.
#[must_use]
pub fn reminders(items: &[OnPhone], lang: Lang) -> Vec<(String, String)> {
    let mut by_org: BTreeMap<(&str, OrgId), Vec<&OnPhone>> = BTreeMap::new();
    for item in items {
        by_org.entry((&item.org_name, item.org)).or_default().push(item);
    }
    let text = |(name, items): (&str, Vec<&OnPhone>)| {
        let mut items = items;
        items.sort_by_key(|item| (item.starts_ms, item.session, item.since_ms));
        let head = lang.pick(
            "还有记录没有上传，请打开“讲到”联网同步：",
            "records are not uploaded yet; please open Jiangdao with a connection:",
        );
        let lines = items.iter().map(|item| line(item, lang));
        let text = std::iter::once(format!("{name} {head}")).chain(lines).collect::<Vec<_>>().join("\n");
        (name.to_owned(), text)
    };
    by_org.into_iter().map(|((name, _), items)| text((name, items))).collect()
}

fn line(item: &OnPhone, lang: Lang) -> String {
    let (_, month, day, hour, minute) = civil(item.starts_ms);
    let whose = match &item.name {
        Some(name) => name.as_str(),
        None => lang.pick("按结束码", "by closing code"),
    };
    let title = &item.title;
    let mut lacking = Vec::new();
    if item.check_ins > 0 {
        lacking.push(format!("{} {}", lang.pick("签到", "check-ins"), item.check_ins));
    }
    if item.responses > 0 {
        lacking.push(format!("{} {}", lang.pick("答卷", "responses"), item.responses));
    }
    let lacking = lacking.join(lang.pick("、", ", "));
    format!("{month:02}-{day:02} {hour:02}:{minute:02} {title} · {whose} · {lacking}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(org: (&str, u128), starts_ms: i64, name: Option<&str>, lacking: (u32, u32)) -> OnPhone {
        OnPhone {
            session: SessionId::from_u128(1),
            title: "大课".to_owned(),
            starts_ms,
            org: OrgId::from_u128(org.1),
            org_name: org.0.to_owned(),
            name: name.map(str::to_owned),
            device: None,
            last_seen_ms: None,
            since_ms: starts_ms,
            check_ins: lacking.0,
            responses: lacking.1,
        }
    }

    #[test]
    fn each_branch_has_a_text_of_its_own_with_the_earliest_session_first() {
        let items = [
            item(("一厂", 1), 86_400_000, Some("张师傅"), (3, 2)),
            item(("一厂", 1), 0, None, (0, 5)),
            item(("二厂", 2), 0, Some("李四"), (1, 0)),
        ];
        let texts = reminders(&items, Lang::Zh);
        assert_eq!(texts.iter().map(|(org, _)| org.as_str()).collect::<Vec<_>>(), ["一厂", "二厂"]);
        let lines: Vec<&str> = texts[0].1.lines().collect();
        assert!(lines[0].starts_with("一厂 还有记录没有上传"), "{lines:?}");
        assert_eq!(
            lines[1..],
            ["01-01 08:00 大课 · 按结束码 · 答卷 5", "01-02 08:00 大课 · 张师傅 · 签到 3、答卷 2"]
        );
        assert!(reminders(&items, Lang::En)[1].1.ends_with("李四 · check-ins 1"));
    }

    #[test]
    fn two_branches_of_one_name_stay_two() {
        let items = [item(("一厂", 1), 0, None, (1, 0)), item(("一厂", 2), 0, None, (1, 0))];
        assert_eq!(reminders(&items, Lang::Zh).len(), 2);
    }
}
