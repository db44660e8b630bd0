//! Small things that only a browser can do: the clock, chance, timers, listening.

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, BroadcastChannel, DomException, EventTarget, File, FilePropertyBag,
    HtmlAnchorElement, MessageEvent, Url, Window,
};

/// By then a browser has read what it was given to download, ms.
const DOWNLOADED_MS: i64 = 60_000;

/// The window; none where there is no page.
#[must_use]
pub fn window() -> Option<Window> {
    web_sys::window()
}

/// Loads the page anew.
pub fn load_again() {
    if let Some(window) = window() {
        // Refused by no browser for a page's own address.
        let _ = window.location().reload();
    }
}

/// The phone's clock, ms since the epoch.
#[must_use]
pub fn now_ms() -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds, far below 2^53")]
    let now = js_sys::Date::now() as i64;
    now
}

/// Sixteen random bytes.
#[must_use]
pub fn dice() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}

/// Random bytes that nobody can guess: 61 bits of every 64 are random.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    bytes.chunks_mut(16).for_each(|chunk| chunk.copy_from_slice(&dice()[..chunk.len()]));
    bytes
}

/// A timer that is called off when it is dropped.
#[derive(Debug)]
pub struct Timer {
    handle: i32,
    _call: Closure<dyn FnMut()>,
}

impl Timer {
    /// Calls once after so many milliseconds; none where the browser refuses.
    #[must_use]
    pub fn after(wait_ms: i64, call: impl FnOnce() + 'static) -> Option<Self> {
        let call = Closure::once(call);
        // Browsers take 32 bits and call at once beyond that.
        let wait_ms = i32::try_from(wait_ms.max(0)).unwrap_or(i32::MAX);
        let set = window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(call.as_ref().unchecked_ref(), wait_ms);
        Some(Self { handle: set.ok()?, _call: call })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = window() {
            window.clear_timeout_with_handle(self.handle);
        }
    }
}

/// Listens for an event as long as the page lives.
pub fn listen(target: &EventTarget, event: &str, call: impl FnMut(JsValue) + 'static) {
    let call = Closure::<dyn FnMut(JsValue)>::new(call);
    // Refused only for a wrong kind of function.
    let _ = target.add_event_listener_with_callback(event, call.as_ref().unchecked_ref());
    call.forget();
}

/// What the tabs of this browser say to each other under one name, as short texts; dropped, it is
/// silent. Deaf and mute in browsers without it.
pub struct Channel {
    channel: Option<BroadcastChannel>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Listens to the others; nobody hears himself.
    pub fn open(name: &str, mut heard: impl FnMut(&str) + 'static) -> Self {
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(said) = event.data().as_string() {
                heard(&said);
            }
        });
        let channel = BroadcastChannel::new(name).ok();
        if let Some(channel) = &channel {
            channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        }
        Self { channel, _heard: heard }
    }

    /// Says this to the others.
    pub fn say(&self, words: &str) {
        if let Some(channel) = &self.channel {
            // Nobody listening is no fault.
            let _ = channel.post_message(&words.into());
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(channel) = &self.channel {
            channel.close();
        }
    }
}

/// Whether the page is in front.
#[must_use]
pub fn visible() -> bool {
    let document = window().and_then(|window| window.document());
    document.is_some_and(|page| page.visibility_state() == web_sys::VisibilityState::Visible)
}

/// Whether this is the one page that the person is using.
#[must_use]
pub fn in_front() -> bool {
    let document = window().and_then(|window| window.document());
    visible() && document.is_some_and(|page| page.has_focus().unwrap_or(true))
}

/// What the browser believes of the network: a hint and no more.
#[must_use]
pub fn online() -> bool {
    window().is_none_or(|window| window.navigator().on_line())
}

/// Puts text on the clipboard; false where that is not allowed.
pub async fn copy(text: &str) -> bool {
    let Some(window) = window() else { return false };
    // Missing on pages without TLS, whatever the bindings say.
    let clipboard = Reflect::get(&window.navigator(), &"clipboard".into());
    let Some(clipboard) = clipboard.ok().filter(JsValue::is_object) else { return false };
    let clipboard: web_sys::Clipboard = clipboard.unchecked_into();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

/// Lets the phone shake for so many milliseconds, where it can and may. By name, as iPhones know nothing of it.
pub fn vibrate(ms: u32) {
    let Some(window) = window() else { return };
    let navigator = window.navigator();
    let vibrate =
        Reflect::get(&navigator, &"vibrate".into()).ok().and_then(|f| f.dyn_into::<Function>().ok());
    if let Some(vibrate) = vibrate {
        // Refused before the first tap on a page.
        let _ = vibrate.call1(&navigator, &ms.into());
    }
}

/// What became of a file that was to be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// It was handed on.
    Done,
    /// The person closed the sheet.
    CalledOff,
    /// This browser does not share, or not such a file, or not now.
    Impossible,
}

/// Offers bytes to the other apps of the phone, as a file of this name.
pub async fn share(bytes: &[u8], name: &str) -> Shared {
    share_sheet(bytes, name).await.unwrap_or(Shared::Impossible)
}

/// None where it is not possible. By name, as most desktop browsers know nothing of it.
async fn share_sheet(bytes: &[u8], name: &str) -> Option<Shared> {
    let navigator = window()?.navigator();
    let function =
        |name: &str| -> Option<Function> { Reflect::get(&navigator, &name.into()).ok()?.dyn_into().ok() };
    let (can, share) = (function("canShare")?, function("share")?);
    let kind = FilePropertyBag::new();
    kind.set_type("text/plain");
    let parts = Array::of1(&Uint8Array::from(bytes));
    let file = File::new_with_u8_array_sequence_and_options(&parts, name, &kind).ok()?;
    let what = Object::new();
    Reflect::set(&what, &"files".into(), &Array::of1(&file)).ok()?;
    can.call1(&navigator, &what).ok()?.as_bool().filter(|can| *can)?;
    let shared: Promise = share.call1(&navigator, &what).ok()?.dyn_into().ok()?;
    match JsFuture::from(shared).await {
        Ok(_) => Some(Shared::Done),
        Err(why) => {
            let why: DomException = why.dyn_into().ok()?;
            (why.name() == "AbortError").then_some(Shared::CalledOff)
        }
    }
}

/// Hands bytes to the browser as a download.
///
/// # Errors
/// The browser's own.
pub fn download(bytes: &[u8], kind: &str, name: &str) -> Result<(), JsValue> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let page = window().and_then(|window| window.document()).ok_or(JsValue::UNDEFINED)?;
    let link: HtmlAnchorElement = page.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // Some browsers read the bytes only after the click has returned.
    let read = Timer::after(DOWNLOADED_MS, move || {
        let _ = Url::revoke_object_url(&url);
    });
    std::mem::forget(read);
    Ok(())
}

/// Asks the browser not to throw our records away when space runs short; what it answered, none
/// where it cannot be asked.
pub async fn persist() -> Option<bool> {
    JsFuture::from(storage()?.persist().ok()?).await.ok()?.as_bool()
}

/// Whether the browser has promised that already; does not ask the person.
pub async fn persisted() -> Option<bool> {
    JsFuture::from(storage()?.persisted().ok()?).await.ok()?.as_bool()
}

/// MB that are used, and that there are, as far as the browser says.
pub async fn room() -> Option<(u32, u32)> {
    let told = JsFuture::from(storage()?.estimate().ok()?).await.ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole megabytes; more than fit are as good as many"
    )]
    let megabytes =
        |name: &str| Some((Reflect::get(&told, &name.into()).ok()?.as_f64()? / 1e6).ceil() as u32);
    Some((megabytes("usage")?, megabytes("quota")?))
}

/// Whether this page is open inside WeChat on an iPhone, which gives it no worker.
#[must_use]
pub fn in_wechat_without_worker() -> bool {
    let agent = window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
    agent.contains("MicroMessenger") && (agent.contains("iPhone") || agent.contains("iPad"))
}

/// Missing on pages without TLS and in older browsers, whatever the bindings say.
fn storage() -> Option<web_sys::StorageManager> {
    let storage = Reflect::get(&window()?.navigator(), &"storage".into()).ok()?;
    Some(storage).filter(JsValue::is_object).map(JsCast::unchecked_into)
}

/// The workers of this page; none where the browser has none (an iPhone inside WeChat).
#[must_use]
pub fn workers() -> Option<web_sys::ServiceWorkerContainer> {
    let workers = Reflect::get(&window()?.navigator(), &"serviceWorker".into()).ok()?;
    Some(workers).filter(JsValue::is_object).map(JsCast::unchecked_into)
}

/// Whether the app can be opened without signal in this browser.
#[must_use]
pub fn has_worker() -> bool {
    workers().is_some()
}

/// A cell for the one timer that a thing has: a new one calls off the one before.
#[derive(Debug, Default)]
pub struct Slot(RefCell<Option<Timer>>);

impl Slot {
    /// Calls once after so many milliseconds, instead of whatever was planned.
    pub fn plan(&self, wait_ms: i64, call: impl FnOnce() + 'static) {
        let timer = Timer::after(wait_ms, call);
        let before = self.0.replace(timer);
        drop(before);
    }

    /// Calls off whatever was planned.
    pub fn clear(&self) {
        let before = self.0.take();
        drop(before);
    }
}
