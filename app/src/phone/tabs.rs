//! One tab at a time works on an account: two would each show only their own half.

use super::state::{App, Stage};
use crate::browser;
use js_sys::Array;
use shared::id::AccountId;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::BroadcastChannel;

thread_local! {
    /// This tab's own channel; it does not hear itself.
    static CHANNEL: RefCell<Option<BroadcastChannel>> = const { RefCell::new(None) };
}

/// Says to the other tabs that this one goes on with the account, and listens for the same.
pub fn claim(app: App, account: AccountId) {
    CHANNEL.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = open(app);
        }
        if let Some(channel) = slot {
            let claim = [JsValue::from_str(&account.to_string())].iter().collect::<Array>();
            // Nobody listening is no fault.
            let _ = channel.post_message(&claim);
        }
    });
}

/// None in browsers without it; those are the ones in which a second tab is rare.
fn open(app: App) -> Option<BroadcastChannel> {
    let channel = BroadcastChannel::new("jiangdao").ok()?;
    browser::listen(&channel, "message", move |event| {
        let data = js_sys::Reflect::get(&event, &"data".into()).unwrap_or_default();
        let claimed = data.dyn_ref::<Array>().and_then(|claim| claim.get(0).as_string());
        if claimed.is_some() && claimed == app.account().map(|id| id.to_string()) {
            if let Some(driver) = app.driver() {
                driver.stop();
            }
            app.stop(Stage::Elsewhere);
        }
    });
    Some(channel)
}
