//! The view layer: what `view!` and `#[component]` (crate `markup`) become.
//!
//! The syntax and the signals are those of Leptos; elements are not. There an element is a type of
//! its own, for which the compiler writes code to build, to change and to drop it: 60 % of all code
//! of the phone. Here one builder makes every element from its name, and whatever may change is a
//! closure in a box, run by one kind of effect (decision 0011).
//!
//! - A view is built once. What stands in it as a closure is run again when a signal that it read
//!   changes, and what it gives then takes the place of what it gave before: a text is changed in
//!   its node, elements are made anew. So keep closures small, and put conditions in a `Memo`.
//! - All that a closure made (signals, effects, listeners, contexts) ends before it runs again.
//! - [`For`] keeps the rows whose keys stay; only others are made, moved or removed.

mod block;
mod build;
mod callback;
mod component;
pub mod ev;
mod focus;
pub mod html;
mod into;
mod keyed;
mod node_ref;
mod page;
pub mod prelude;
pub mod task;
#[cfg(all(test, target_arch = "wasm32"))]
mod tests;
mod value;

pub use build::Builder;
pub use component::{Component, Props, ToChildren, arguments, call};
pub use into::{CollectView, IntoView};
pub use keyed::For;
pub use reactive_graph::graph::untrack;
pub use value::{IntoValue, Value};

use std::borrow::Cow;
use web_sys::{Document, Node, Text};

/// What is shown: a piece of a page that is not in its place yet.
pub enum View {
    /// Nothing.
    Empty,
    /// A text that stays as it is.
    Text(Cow<'static, str>),
    /// An element with all that is in it.
    Node(Node),
    /// One after the other.
    Many(Vec<View>),
    /// Whatever the closure gives, each time that it is run.
    Dynamic(Box<dyn FnMut() -> View>),
    /// Rows with keys.
    Keyed(Box<keyed::List>),
}

/// A view of any kind: all are of one type.
pub type AnyView = View;

/// Puts a view into a node, before one of its children or at the end; its effects belong to the
/// owner of this moment.
fn insert(view: View, parent: &Node, before: Option<&Node>) {
    match view {
        View::Empty => {}
        View::Text(text) => put(&text_node(&text), parent, before),
        View::Node(node) => put(&node, parent, before),
        View::Many(all) => all.into_iter().for_each(|view| insert(view, parent, before)),
        View::Dynamic(closure) => block::begin(closure, parent, before),
        View::Keyed(list) => list.begin(parent, before),
    }
}

/// Puts a node into another one.
fn put(node: &Node, parent: &Node, before: Option<&Node>) {
    // Refused only where `before` is not in `parent` any more: somebody else's script was here.
    let _ = parent.insert_before(node, before);
}

/// Takes the nodes from one to another one, which follows it, out of the page.
fn take_out(first: &Node, last: &Node) {
    let Some(parent) = first.parent_node() else { return };
    while let Some(node) = first.next_sibling().filter(|_| first != last) {
        let end = node == *last;
        let _ = parent.remove_child(&node);
        if end {
            break;
        }
    }
    let _ = parent.remove_child(first);
}

#[expect(clippy::expect_used, reason = "no part of a page is asked for where there is none")]
fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("views are shown in a page")
}

fn text_node(text: &str) -> Text {
    document().create_text_node(text)
}
