//! The page around the views: where they are put, timers, what is listened for beside elements.

use super::{IntoView, ev, insert};
use reactive_graph::owner::{Owner, on_cleanup};
use send_wrapper::SendWrapper;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Event, Window};

/// Shows a view at the end of the page, for as long as the page lives.
pub fn mount_to_body<V: IntoView>(view: impl FnOnce() -> V) {
    // Said twice where tests put several views into one page.
    let _ = any_spawner::Executor::init_wasm_bindgen();
    let owner = Owner::new();
    owner.with(|| {
        if let Some(body) = document().body() {
            insert(view().into_view(), &body, None);
        }
    });
    std::mem::forget(owner);
}

/// The page.
#[must_use]
pub fn document() -> Document {
    super::document()
}

/// The window.
#[must_use]
#[expect(clippy::expect_used, reason = "asked for by views, which are shown in one")]
pub fn window() -> Window {
    web_sys::window().expect("views are shown in a window")
}

/// Calls every so often, as long as the page lives.
pub fn set_interval(call: impl Fn() + 'static, every: Duration) {
    let call = Closure::<dyn FnMut()>::new(call);
    let function = call.as_ref().unchecked_ref();
    let _ = window().set_interval_with_callback_and_timeout_and_arguments_0(function, millis(every));
    call.forget();
}

/// Calls once.
pub fn set_timeout(call: impl FnOnce() + 'static, after: Duration) {
    let _ = set_timeout_with_handle(call, after);
}

fn millis(time: Duration) -> i32 {
    i32::try_from(time.as_millis()).unwrap_or(i32::MAX)
}

/// Something that is listened for; for good, unless it is removed.
#[derive(Debug)]
pub struct WindowListener(&'static str, SendWrapper<JsValue>);

impl WindowListener {
    /// Ends it.
    pub fn remove(self) {
        let _ = window().remove_event_listener_with_callback(self.0, self.1.unchecked_ref());
    }
}

/// Listens at the window.
pub fn window_event_listener<E: ev::Named>(_: E, mut call: impl FnMut(E::Event) + 'static) -> WindowListener {
    window_event_listener_untyped(E::NAME, move |event| call(event.unchecked_into()))
}

/// Listens at the window for an event of this name.
pub fn window_event_listener_untyped(
    event: &'static str,
    call: impl FnMut(Event) + 'static,
) -> WindowListener {
    // The browser frees it with the last who knows of it.
    let function = Closure::<dyn FnMut(Event)>::new(call).into_js_value();
    let _ = window().add_event_listener_with_callback(event, function.unchecked_ref());
    WindowListener(event, SendWrapper::new(function))
}

/// A timer that runs.
#[derive(Debug, Clone, Copy)]
pub struct TimeoutHandle(i32);

impl TimeoutHandle {
    /// Calls it off.
    pub fn clear(self) {
        window().clear_timeout_with_handle(self.0);
    }
}

/// Calls once, unless it is called off.
///
/// # Errors
///
/// What the browser says against it.
pub fn set_timeout_with_handle(
    call: impl FnOnce() + 'static,
    after: Duration,
) -> Result<TimeoutHandle, JsValue> {
    let function = Closure::once_into_js(call);
    window()
        .set_timeout_with_callback_and_timeout_and_arguments_0(function.unchecked_ref(), millis(after))
        .map(TimeoutHandle)
}

/// A call that waits until nobody has called for so long; its owner's end ends it.
pub fn debounce<T: 'static>(wait: Duration, call: impl Fn(T) + 'static) -> impl FnMut(T) {
    let call = Rc::new(call);
    let timer = Rc::new(Cell::new(None::<TimeoutHandle>));
    let last = SendWrapper::new(Rc::clone(&timer));
    on_cleanup(move || last.replace(None).into_iter().for_each(TimeoutHandle::clear));
    move |with| {
        let call = Rc::clone(&call);
        let next = set_timeout_with_handle(move || call(with), wait).ok();
        timer.replace(next).into_iter().for_each(TimeoutHandle::clear);
    }
}

/// What stands in the field that an event comes from.
#[must_use]
pub fn event_target_value(event: &Event) -> String {
    property(event, "value").as_string().unwrap_or_default()
}

/// Whether the box that an event comes from is ticked.
#[must_use]
pub fn event_target_checked(event: &Event) -> bool {
    property(event, "checked").is_truthy()
}

/// The element that an event comes from.
///
/// # Panics
///
/// Never within a listener: an event that was sent has one.
#[must_use]
#[expect(clippy::expect_used, reason = "an event that was sent has a target")]
pub fn event_target<T: JsCast>(event: &Event) -> T {
    event.target().expect("it was sent").unchecked_into()
}

fn property(event: &Event, name: &str) -> JsValue {
    let target = event.target().map(JsValue::from).unwrap_or_default();
    js_sys::Reflect::get(&target, &JsValue::from_str(name)).unwrap_or_default()
}
