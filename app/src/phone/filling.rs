//! On which version of which form somebody answers. A draft is finished on the version that it was begun on,
//! whatever came out since; it carries that itself, beside the answers. Pure.

use serde_json::Value;
use shared::form::answer::Answers;
use shared::form::{DEFAULT_FORM, Form, default_form};
use shared::id::CampaignId;
use shared::phone::Book;

/// Under this key a draft says what it was begun on, as `<form> <version>`. No question has such an id.
const BEGUN: &str = "@form";

/// Whether anything was answered.
#[must_use]
pub fn is_touched(draft: &Answers) -> bool {
    draft.keys().any(|key| key != BEGUN)
}

/// What a draft was begun on, as far as it says.
fn begun<'b>(book: &'b Book, draft: &Answers) -> Option<&'b Form> {
    if !is_touched(draft) {
        return None;
    }
    let Some(begun) = draft.get(BEGUN).and_then(Value::as_str) else {
        // Of a version of the program that knew of one form, and of one version of it.
        return book.version(DEFAULT_FORM, 1);
    };
    let (form, version) = begun.split_once(' ')?;
    book.version(form.parse().ok()?, version.parse().ok()?)
}

/// The form to show: the one that the draft was begun on, else the one that the campaign asks now.
#[must_use]
pub fn form(book: &Book, campaign: Option<CampaignId>, draft: &Answers) -> Form {
    let now = || campaign.and_then(|campaign| book.form(campaign));
    begun(book, draft).or_else(now).cloned().unwrap_or_else(default_form)
}

/// Notes what a draft is begun on, once something was answered. Says whether that was new.
pub fn begin(draft: &mut Answers, form: &Form) -> bool {
    let new = is_touched(draft) && !draft.contains_key(BEGUN);
    if new {
        draft.insert(BEGUN.to_owned(), Value::from(format!("{} {}", form.id, form.version)));
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::campaign::Campaign;
    use shared::id::FormId;

    const CAMPAIGN: CampaignId = CampaignId::from_u128(7);
    const OTHER: FormId = FormId::from_u128(u128::MAX);

    fn version(id: FormId, version: u32) -> Form {
        Form { id, version, ..default_form() }
    }

    fn book(versions: u32) -> Book {
        let forms = (1..=versions).map(|n| version(DEFAULT_FORM, n)).chain([version(OTHER, 1)]);
        Book { forms: forms.collect(), ..Book::default() }
    }

    fn answers(value: Value) -> Answers {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn drafts_of_three_older_versions_are_finished_on_theirs() {
        let mut drafts = Vec::new();
        for n in 1..=3 {
            // Each was begun when that version was the latest.
            let mut draft = answers(json!({ "understood": n }));
            assert!(begin(&mut draft, &form(&book(n), Some(CAMPAIGN), &Answers::new())));
            assert!(!begin(&mut draft, &version(OTHER, 1)), "it stays what it was begun on");
            drafts.push(draft);
        }
        let now = book(4);
        for (draft, n) in drafts.iter().zip(1..) {
            assert_eq!(form(&now, Some(CAMPAIGN), draft).version, n);
        }
        assert_eq!(form(&now, Some(CAMPAIGN), &Answers::new()).version, 4);
        let emptied = answers(json!({ BEGUN: format!("{DEFAULT_FORM} 2") }));
        assert_eq!(form(&now, Some(CAMPAIGN), &emptied).version, 4, "nothing is answered any more");
    }

    #[test]
    fn a_draft_that_does_not_say_is_of_the_first_version() {
        assert_eq!(form(&book(3), Some(CAMPAIGN), &answers(json!({ "understood": 4 }))).version, 1);
        let strange = answers(json!({ "understood": 4, BEGUN: "?" }));
        assert_eq!(form(&book(3), Some(CAMPAIGN), &strange).version, 3);
    }

    #[test]
    fn the_campaign_chooses() {
        let mut book = book(2);
        assert_eq!(form(&book, Some(CAMPAIGN), &Answers::new()).id, DEFAULT_FORM);
        let named = Campaign { form: Some(OTHER), ..Campaign::new(CAMPAIGN, String::new(), None) };
        book.campaigns.insert(CAMPAIGN, named);
        assert_eq!(form(&book, Some(CAMPAIGN), &Answers::new()).id, OTHER);
        let unknown =
            Campaign { form: Some(FormId::from_u128(9)), ..Campaign::new(CAMPAIGN, String::new(), None) };
        book.campaigns.insert(CAMPAIGN, unknown);
        assert_eq!(form(&book, Some(CAMPAIGN), &Answers::new()).id, DEFAULT_FORM, "it has not come yet");
        assert_eq!(form(&Book::default(), None, &Answers::new()), default_form());
    }
}
