//! What a reader asks for in the address: which branch, campaign, activity and period, which page.

use crate::refuse::Refusal;
use rusqlite::ToSql;
use rusqlite::types::Value;
use shared::id::{CampaignId, SessionId};
use shared::session::Activity;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Items a page where nobody asks for another number.
const SIZE_USUAL: u64 = 50;
/// Most items a page.
const SIZE_MAX: u64 = 100;

/// The query of an address, by name.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, String>);

/// A value of the query that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadValue {
    name: &'static str,
    wanted_zh: &'static str,
    wanted_en: &'static str,
}

impl BadValue {
    /// What is wrong, in both languages.
    pub(crate) fn detail(&self) -> String {
        let Self { name, wanted_zh, wanted_en } = self;
        format!("{name} 应为{wanted_zh} / {name} must be {wanted_en}")
    }
}

impl From<BadValue> for Refusal {
    fn from(bad: BadValue) -> Self {
        Self::bad_value(bad.detail())
    }
}

impl Params {
    /// The value of a name; none where it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of a name, read as what it has to be.
    pub(crate) fn read<T>(
        &self,
        name: &'static str,
        (wanted_zh, wanted_en): (&'static str, &'static str),
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, BadValue> {
        let bad = BadValue { name, wanted_zh, wanted_en };
        self.get(name).map(|value| read(value).ok_or(bad)).transpose()
    }

    /// Yes, no or not asked.
    pub(crate) fn yes_no(&self, name: &'static str) -> Result<Option<bool>, BadValue> {
        self.read(name, (" true 或 false", "true or false"), parsed)
    }
}

/// For [`Params::read`]: what the type's own reading takes.
pub(crate) fn parsed<T: FromStr>(value: &str) -> Option<T> {
    value.parse().ok()
}

/// Which sessions are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Id or code of an org; its whole branch is meant.
    pub(crate) org: Option<String>,
    /// Sessions of one campaign.
    pub(crate) campaign: Option<CampaignId>,
    /// Sessions of one activity.
    pub(crate) activity: Option<Activity>,
    /// Sessions that start at this moment or later, ms.
    pub(crate) from_ms: Option<i64>,
    /// Sessions that start before this moment, ms.
    pub(crate) to_ms: Option<i64>,
    /// One session.
    pub(crate) session: Option<SessionId>,
}

impl Filter {
    /// Reads the query.
    pub(crate) fn read(params: &Params) -> Result<Self, BadValue> {
        let uuid = ("小写带连字符的 UUID", "a UUID in lower case with hyphens");
        let time = ("毫秒时间", "a time in milliseconds");
        let activity = ("活动类型", "an activity such as lecture");
        Ok(Self {
            org: params.get("org").map(str::to_owned),
            campaign: params.read("campaign", uuid, parsed)?,
            activity: params.read("activity", activity, Activity::from_wire)?,
            from_ms: params.read("from_ms", time, parsed)?,
            to_ms: params.read("to_ms", time, parsed)?,
            session: params.read("session", uuid, parsed)?,
        })
    }

    /// The condition on `session`, to be used with [`Filter::values`].
    pub(crate) const SQL: &'static str = "session.row_exists = 1 \
        AND (:campaign IS NULL OR session.campaign = :campaign) \
        AND (:activity IS NULL OR session.activity = :activity) \
        AND (:session IS NULL OR session.id = :session) \
        AND session.starts_ms >= :from_ms AND session.starts_ms < :to_ms";

    /// The same condition on `rollup`.
    pub(crate) const ROLLUP: &'static str = "(:campaign IS NULL OR rollup.campaign = :campaign) \
        AND (:activity IS NULL OR rollup.activity = :activity) \
        AND (:session IS NULL OR rollup.id = :session) \
        AND rollup.starts_ms >= :from_ms AND rollup.starts_ms < :to_ms";

    /// The values of [`Filter::SQL`].
    pub(crate) fn values(&self) -> [(&'static str, Value); 5] {
        let blob = |id: Option<&[u8; 16]>| id.map_or(Value::Null, |id| Value::Blob(id.to_vec()));
        let text = |word: &str| Value::Text(word.to_owned());
        [
            (":campaign", blob(self.campaign.as_ref().map(CampaignId::as_bytes))),
            (":activity", self.activity.map_or(Value::Null, |activity| text(activity.wire()))),
            (":session", blob(self.session.as_ref().map(SessionId::as_bytes))),
            (":from_ms", Value::Integer(self.from_ms.unwrap_or(i64::MIN))),
            (":to_ms", Value::Integer(self.to_ms.unwrap_or(i64::MAX))),
        ]
    }
}

/// Values as the driver takes them.
pub(crate) fn named<'a>(values: &'a [(&'static str, Value)]) -> Vec<(&'static str, &'a dyn ToSql)> {
    values.iter().map(|(name, value)| (*name, value as &dyn ToSql)).collect()
}

/// Which page of a list is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    /// From 1.
    pub(crate) page: u64,
    /// Items a page.
    pub(crate) size: u64,
}

impl Paging {
    /// Reads the query.
    pub(crate) fn read(params: &Params) -> Result<Self, BadValue> {
        let page = params.read("page", ("从 1 起的页码", "a page number from 1"), |value| {
            parsed(value).filter(|page| (1..=1_000_000).contains(page))
        })?;
        let size = params.read("size", (" 1 到 100 的数", "a number from 1 to 100"), |value| {
            parsed(value).filter(|size| (1..=SIZE_MAX).contains(size))
        })?;
        Ok(Self { page: page.unwrap_or(1), size: size.unwrap_or(SIZE_USUAL) })
    }

    /// How many items stand before this page.
    pub(crate) const fn skip(self) -> u64 {
        (self.page - 1) * self.size
    }

    /// This page of a list that is whole in memory.
    pub(crate) fn cut<T>(self, all: Vec<T>) -> shared::wire::Page<T> {
        let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let items = all.into_iter().skip(skip).take(size).collect();
        shared::wire::Page { items, total, page: self.page, size: self.size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        for (name, value) in [
            ("campaign", "1"),
            ("activity", "party"),
            ("from_ms", "yesterday"),
            ("to_ms", "1.5"),
            ("session", "0198-"),
        ] {
            let bad = Filter::read(&params(&[(name, value)])).expect_err("refused");
            assert!(bad.detail().contains(name), "{}", bad.detail());
        }
        for (name, value) in [("page", "0"), ("page", "x"), ("size", "101"), ("size", "-1")] {
            assert!(Paging::read(&params(&[(name, value)])).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn an_empty_value_asks_for_nothing() {
        let empty = params(&[("org", ""), ("campaign", " "), ("page", "")]);
        assert_eq!(Filter::read(&empty), Ok(Filter::default()));
        assert_eq!(Paging::read(&empty), Ok(Paging { page: 1, size: 50 }));
    }

    #[test]
    fn pages_are_cut() {
        let page = Paging { page: 2, size: 2 }.cut(vec![1, 2, 3]);
        assert_eq!((page.items, page.total), (vec![3], 3));
    }
}
