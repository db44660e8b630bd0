//! Events, each by its name and with its type.

use web_sys::{ClipboardEvent, HashChangeEvent, PointerEvent, PopStateEvent, StorageEvent, TouchEvent};
pub use web_sys::{DragEvent, Event, FocusEvent, InputEvent, KeyboardEvent, MouseEvent, SubmitEvent};

/// An event that can be listened for.
pub trait Named {
    /// What is handed to who listens.
    type Event: wasm_bindgen::JsCast + 'static;
    /// Its name.
    const NAME: &'static str;
}

macro_rules! events {
    ($($kind:ident: $($name:ident)*;)*) => {$($(
        #[doc = concat!("`", stringify!($name), "`")]
        #[expect(non_camel_case_types, reason = "named like the event")]
        pub struct $name;

        impl Named for $name {
            type Event = $kind;
            const NAME: &'static str = stringify!($name);
        }
    )*)*};
}

events! {
    Event: change scroll toggle load error online offline close cancel select reset beforeprint afterprint resize visibilitychange pagehide pageshow;
    MouseEvent: click dblclick contextmenu mousedown mouseup mouseenter mouseleave;
    SubmitEvent: submit;
    InputEvent: beforeinput;
    KeyboardEvent: keydown keyup;
    FocusEvent: focus blur focusin focusout;
    DragEvent: drop dragover dragleave dragenter dragstart dragend;
    PointerEvent: pointerdown pointerup pointermove pointercancel pointerleave;
    TouchEvent: touchstart touchmove touchend touchcancel;
    ClipboardEvent: copy cut paste;
    PopStateEvent: popstate;
    HashChangeEvent: hashchange;
    StorageEvent: storage;
}

/// `input`; without its type, as some fields send a bare event.
#[expect(non_camel_case_types, reason = "named like the event")]
pub struct input;

impl Named for input {
    type Event = Event;
    const NAME: &'static str = "input";
}

/// An event, with the element whose listener hears it.
pub struct Targeted<E, T>(E, T);

impl<E, T: Clone> Targeted<E, T> {
    pub(super) fn new(event: E, target: T) -> Self {
        Self(event, target)
    }

    /// The element.
    #[must_use]
    pub fn target(&self) -> T {
        self.1.clone()
    }
}

impl<E, T> std::ops::Deref for Targeted<E, T> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.0
    }
}
