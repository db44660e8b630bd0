//! One tab at a time works on an account: two would each show only their own half.

use super::state::{App, Stage};
use crate::browser;
use js_sys::{Array, JsString};
use shared::id::AccountId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::BroadcastChannel;

/// Says to the other tabs that this one goes on with the account, and listens for the same.
pub fn claim(app: App, account: AccountId) {
    // Browsers without it are those in which a second tab is rare.
    let Ok(channel) = BroadcastChannel::new("jiangdao") else { return };
    let own = uuid::Uuid::new_v4().to_string();
    let claim = [account.to_string(), own].map(|text| JsValue::from(JsString::from(text)));
    let _ = channel.post_message(&claim.iter().collect::<Array>());
    browser::listen(&channel, "message", move |event| {
        let data = js_sys::Reflect::get(&event, &"data".into()).unwrap_or_default();
        let claimed = data.dyn_ref::<Array>().and_then(|claim| claim.get(0).as_string());
        if claimed == app.account().map(|id| id.to_string()) {
            if let Some(driver) = app.driver() {
                driver.stop();
            }
            app.stage.set(Stage::Elsewhere);
        }
    });
}
