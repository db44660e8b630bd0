//! The builder of elements.

use super::value::{Kind, Value};
use super::{View, document, ev, html, insert, into, node_ref};
use reactive_graph::effect::RenderEffect;
use reactive_graph::owner::Owner;
use send_wrapper::SendWrapper;
use std::borrow::Cow;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, Event};

const SVG: &str = "http://www.w3.org/2000/svg";

/// Marks in the fixed part of markup; written by the crate `markup` (`fixed.rs`).
const LAST_MARK: u8 = 6;

/// Makes elements one after the other, as they stand in the markup.
pub struct Builder {
    /// Those that are open.
    open: Vec<Element>,
    done: Vec<View>,
}

impl Builder {
    /// For one element.
    #[must_use]
    pub fn new() -> Self {
        Self { open: Vec::new(), done: Vec::new() }
    }

    /// What stands in the markup as it is: pieces, each after its mark.
    pub fn fixed(&mut self, text: &'static str) {
        let (mut rest, mut name) = (text, "");
        while let Some(mark) = rest.bytes().next() {
            let body = rest.get(1..).unwrap_or_default();
            let end = body.bytes().position(|byte| byte <= LAST_MARK).unwrap_or(body.len());
            let (piece, next) = body.split_at(end);
            match mark {
                1 => self.open.extend(document().create_element(piece)),
                2 => name = piece,
                3 => self.top(|element| Kind::Attr.set(element, name, &Value::Text(piece.into()))),
                4 => self.child(View::Text(Cow::Borrowed(piece))),
                5 => self.close(),
                _ => self.open.extend(document().create_element_ns(Some(SVG), piece)),
            }
            rest = next;
        }
    }

    /// Something inside the element that is open.
    pub fn child(&mut self, view: View) {
        match self.open.last() {
            Some(parent) => insert(view, parent, None),
            None => self.done.push(view),
        }
    }

    /// An attribute of the element that is open.
    pub fn attr(&mut self, name: &'static str, value: Value) {
        self.value(Kind::Attr, name, value);
    }

    /// A property.
    pub fn prop(&mut self, name: &'static str, value: Value) {
        self.value(Kind::Prop, name, value);
    }

    /// A class that comes and goes.
    pub fn class(&mut self, name: &'static str, value: Value) {
        self.value(Kind::Class, name, value);
    }

    /// A property of its style.
    pub fn style(&mut self, name: &'static str, value: Value) {
        self.value(Kind::Style, name, value);
    }

    /// A property that follows a signal, which follows what is typed.
    pub fn bind(&mut self, name: &'static str, signal: impl into::Bound) {
        self.value(Kind::Prop, name, signal.value());
        let Some(element) = self.open.last().cloned() else { return };
        let event = if name == "value" { "input" } else { "change" };
        self.listen(event, Box::new(move |_| signal.take(&element, name)));
    }

    /// Calls at an event, as long as the owner of this moment is not cleaned up.
    pub fn on<E: ev::Named>(&mut self, _: E, mut call: impl FnMut(E::Event) + 'static) {
        self.listen(E::NAME, Box::new(move |event| call(event.unchecked_into())));
    }

    /// The same, with the element that it was written at.
    pub fn on_target<E: ev::Named, K: html::Kind>(
        &mut self,
        _: E,
        _: K,
        mut call: impl FnMut(ev::Targeted<E::Event, K::Element>) + 'static,
    ) {
        let Some(element) = self.open.last().cloned() else { return };
        self.listen(
            E::NAME,
            Box::new(move |event| {
                call(ev::Targeted::new(event.unchecked_into(), element.clone().unchecked_into()));
            }),
        );
    }

    /// Makes the element known to who asked for it.
    pub fn node_ref<E: html::Kind>(&mut self, field: node_ref::NodeRef<E>) {
        self.top(|element| field.load(element));
    }

    /// What was made.
    #[must_use]
    pub fn finish(mut self) -> View {
        match self.done.len() {
            1 => self.done.pop().unwrap_or(View::Empty),
            _ => View::Many(self.done),
        }
    }

    fn close(&mut self) {
        if let Some(element) = self.open.pop() {
            self.child(View::Node(element.into()));
        }
    }

    fn top(&self, look: impl FnOnce(&Element)) {
        if let Some(element) = self.open.last() {
            look(element);
        }
    }

    fn value(&mut self, kind: Kind, name: &'static str, value: Value) {
        let Some(element) = self.open.last() else { return };
        match value {
            Value::Dynamic(mut closure) => {
                let (element, mut before) = (element.clone(), None);
                effect(Box::new(move || {
                    let value = closure();
                    // A property may have been changed by whoever types.
                    if kind == Kind::Prop || before.as_ref() != Some(&value) {
                        kind.set(&element, name, &value);
                        before = Some(value);
                    }
                }));
            }
            fixed => kind.set(element, name, &fixed),
        }
    }

    /// The call finds the contexts that are there where it was written. Weakly: what is kept by an owner must not
    /// keep that owner.
    fn listen(&mut self, event: &'static str, mut call: Box<dyn FnMut(Event)>) {
        let owner = Owner::current().map(|owner| owner.downgrade());
        let call: Box<dyn FnMut(Event)> =
            Box::new(move |heard| match owner.as_ref().and_then(reactive_graph::owner::WeakOwner::upgrade) {
                Some(owner) => owner.with(|| call(heard)),
                None => call(heard),
            });
        self.top(|element| {
            let listener = Listener { element: element.clone(), event, call: Closure::wrap(call) };
            let function = listener.call.as_ref().unchecked_ref();
            // Refused only for a wrong kind of function.
            let _ = element.add_event_listener_with_callback(event, function);
            let listener = SendWrapper::new(listener);
            Owner::on_cleanup(move || drop(listener));
        });
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs at once, and again whenever a signal changes that was read, until the owner of this moment
/// is cleaned up.
pub(super) fn effect(mut run: Box<dyn FnMut()>) {
    let effect = SendWrapper::new(RenderEffect::new(move |_| run()));
    Owner::on_cleanup(move || drop(effect));
}

/// Hears an event until it is dropped.
struct Listener {
    element: Element,
    event: &'static str,
    call: Closure<dyn FnMut(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.call.as_ref().unchecked_ref();
        let _ = self.element.remove_event_listener_with_callback(self.event, function);
    }
}
