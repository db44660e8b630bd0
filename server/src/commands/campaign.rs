//! `campaign add`: a campaign (专题活动) that a notice asks for.

use crate::fault::Rejection;
use shared::campaign::Campaign;
use shared::id::CampaignId;
use shared::session::TITLE_MAX_CHARS;
use uuid::Uuid;

/// A campaign with a new id, checked.
pub(super) fn new(title: &str, notice: Option<&str>) -> Result<Campaign, Rejection> {
    let title = title.trim();
    let notice = notice.map(str::trim).filter(|notice| !notice.is_empty());
    if title.is_empty() {
        return Err(Rejection::new("专题活动没有名称", "the campaign has no title"));
    }
    for text in [Some(title), notice].into_iter().flatten() {
        if text.chars().count() > TITLE_MAX_CHARS || text.chars().any(char::is_control) {
            return Err(Rejection::new(
                format!("名称和文号最多 {TITLE_MAX_CHARS} 个字，不能有控制字符"),
                format!(
                    "title and notice have at most {TITLE_MAX_CHARS} characters, none of them control characters"
                ),
            ));
        }
    }
    let id = CampaignId::from(Uuid::now_v7());
    Ok(Campaign::new(id, title.to_owned(), notice.map(str::to_owned)))
}
