//! The way from a page's code to one of its elements.

use super::html::Kind;
use reactive_graph::owner::LocalStorage;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set};
use std::marker::PhantomData;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// An element that is there once it is built.
pub struct NodeRef<E> {
    element: RwSignal<Option<Element>, LocalStorage>,
    kind: PhantomData<fn() -> E>,
}

impl<E> Clone for NodeRef<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for NodeRef<E> {}

impl<E: Kind> NodeRef<E> {
    /// For an element that is not there yet.
    #[must_use]
    pub fn new() -> Self {
        Self { element: RwSignal::new_local(None), kind: PhantomData }
    }

    /// The element; followed until it is there.
    #[must_use]
    pub fn get(self) -> Option<E::Element> {
        self.element.get().map(JsCast::unchecked_into)
    }

    /// The element now.
    #[must_use]
    pub fn get_untracked(self) -> Option<E::Element> {
        self.element.get_untracked().map(JsCast::unchecked_into)
    }

    pub(super) fn load(self, element: &Element) {
        self.element.set(Some(element.clone()));
    }
}

impl<E: Kind> Default for NodeRef<E> {
    fn default() -> Self {
        Self::new()
    }
}
