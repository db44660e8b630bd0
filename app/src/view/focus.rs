//! The focus stays where it is when the elements around it are made anew: who works by keyboard
//! or listens to the page must not be thrown back to its beginning by a figure that changed.

use super::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, Node};

/// The way to the element that has the focus.
pub(super) struct Focus(Vec<Step>);

/// One element of the way: its place among the elements beside it, and what it is.
struct Step {
    place: u32,
    name: String,
    class: String,
}

impl Focus {
    /// Of the focus, where it is within these children of a node.
    pub(super) fn within(parent: &Node, first: &Node, last: &Node) -> Option<Self> {
        let mut element = document().active_element()?;
        let mut steps = Vec::new();
        while element.parent_node().as_ref() != Some(parent) {
            let above = element.parent_element()?;
            steps.push(Step::to(&element, above.first_child()?, None)?);
            element = above;
        }
        steps.push(Step::to(&element, first.clone(), Some(last))?);
        steps.reverse();
        Some(Self(steps))
    }

    /// Gives it to the element that the same way leads to now; to none if it leads elsewhere.
    pub(super) fn restore(&self, first: &Node, last: &Node) {
        let (mut from, mut last, mut found) = (Some(first.clone()), Some(last), None);
        for step in &self.0 {
            let element = from.and_then(|from| step.follow(from, last));
            (from, last) = (element.as_ref().and_then(|element| element.first_child()), None);
            found = element;
        }
        if let Some(element) = found.as_ref().and_then(|element| element.dyn_ref::<HtmlElement>()) {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = element.focus_with_options(&options);
        }
    }
}

impl Step {
    fn to(element: &Element, first: Node, last: Option<&Node>) -> Option<Self> {
        let mut place = 0;
        walk(first, last, |beside| {
            place += 1;
            beside == element
        })?;
        Some(Self { place, name: element.tag_name(), class: element.class_name() })
    }

    fn follow(&self, first: Node, last: Option<&Node>) -> Option<Element> {
        let mut place = 0;
        let element = walk(first, last, |_| {
            place += 1;
            place == self.place
        })?;
        (element.tag_name() == self.name && element.class_name() == self.class).then_some(element)
    }
}

/// The first of the elements beside each other that is the one.
fn walk(first: Node, last: Option<&Node>, mut is_it: impl FnMut(&Element) -> bool) -> Option<Element> {
    let mut here = Some(first);
    while let Some(node) = here {
        if node.dyn_ref::<Element>().is_some_and(&mut is_it) {
            return node.dyn_into().ok();
        }
        here = node.next_sibling().filter(|_| Some(&node) != last);
    }
    None
}
