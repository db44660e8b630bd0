//! What a page needs.

pub use super::callback::Callback;
pub use super::component::{Children, ChildrenFn};
pub use super::node_ref::NodeRef;
pub use super::page::{
    TimeoutHandle, WindowListener, debounce, document, event_target, event_target_checked,
    event_target_value, mount_to_body, set_interval, set_timeout, set_timeout_with_handle, window,
    window_event_listener, window_event_listener_untyped,
};
pub use super::{AnyView, CollectView, For, IntoValue, IntoView, View, untrack};
pub use markup::{component, view};
pub use reactive_graph::computed::Memo;
pub use reactive_graph::effect::Effect;
pub use reactive_graph::owner::{
    LocalStorage, Owner, StoredValue, expect_context, on_cleanup, provide_context, use_context,
};
pub use reactive_graph::signal::{ReadSignal, RwSignal, WriteSignal, signal};
pub use reactive_graph::traits::{
    Get, GetUntracked, GetValue, Set, SetValue, Track, Update, UpdateUntracked, UpdateValue, With,
    WithUntracked, WithValue, Write, WriteValue,
};
pub use reactive_graph::wrappers::read::Signal;
