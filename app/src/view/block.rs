//! A place in the page whose content is given by a closure.

use super::build::effect;
use super::focus::Focus;
use super::{View, insert, put, take_out, text_node};
use std::borrow::Cow;
use web_sys::{Node, Text};

/// Puts what the closure gives into a node, now and whenever it gives something else.
pub(super) fn begin(mut closure: Box<dyn FnMut() -> View>, parent: &Node, before: Option<&Node>) {
    let mut shown = Shown::Text(text_node(""), Cow::Borrowed(""));
    put(shown.first(), parent, before);
    effect(Box::new(move || {
        let view = closure();
        shown.replace(view);
    }));
}

/// What stands in the place: at least one node, and always the same ones between two changes.
pub(super) enum Shown {
    /// A text; an empty one where there is nothing.
    Text(Text, Cow<'static, str>),
    /// One element.
    Node(Node),
    /// Two empty texts, and what stands between them.
    Between(Text, Text),
}

impl Shown {
    /// Shows a view in a node.
    pub(super) fn begin(view: View, parent: &Node, before: Option<&Node>) -> Self {
        match view {
            View::Empty => Self::begin(View::Text(Cow::Borrowed("")), parent, before),
            View::Text(text) => {
                let node = text_node(&text);
                put(&node, parent, before);
                Self::Text(node, text)
            }
            View::Node(node) => {
                put(&node, parent, before);
                Self::Node(node)
            }
            many => {
                let (first, last) = (text_node(""), text_node(""));
                put(&first, parent, before);
                put(&last, parent, before);
                insert(many, parent, Some(&last));
                Self::Between(first, last)
            }
        }
    }

    pub(super) fn first(&self) -> &Node {
        match self {
            Self::Text(node, _) | Self::Between(node, _) => node,
            Self::Node(node) => node,
        }
    }

    pub(super) fn last(&self) -> &Node {
        match self {
            Self::Text(node, _) | Self::Between(_, node) => node,
            Self::Node(node) => node,
        }
    }

    fn replace(&mut self, view: View) {
        let view = match view {
            View::Empty => View::Text(Cow::Borrowed("")),
            View::Many(all) if all.is_empty() => View::Text(Cow::Borrowed("")),
            view => view,
        };
        if let (Self::Text(node, before), View::Text(text)) = (&mut *self, &view) {
            // The same text set again would be read out again.
            if before != text {
                node.set_data(text);
                *before = text.clone();
            }
            return;
        }
        let Some(parent) = self.first().parent_node() else { return };
        let focus = Focus::within(&parent, self.first(), self.last());
        let after = self.last().next_sibling();
        take_out(self.first(), self.last());
        *self = Self::begin(view, &parent, after.as_ref());
        if let Some(focus) = focus {
            focus.restore(self.first(), self.last());
        }
    }
}
