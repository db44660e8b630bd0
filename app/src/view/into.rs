//! What can be shown.

use super::{Value, View};
use reactive_graph::computed::Memo;
use reactive_graph::signal::{ReadSignal, RwSignal};
use reactive_graph::traits::{Get, Set};
use reactive_graph::wrappers::read::Signal;
use std::borrow::Cow;
use std::sync::Arc;
use wasm_bindgen::JsValue;
use web_sys::Element;

/// What can be shown.
pub trait IntoView: Sized {
    /// As a view.
    fn into_view(self) -> View;

    /// The same: all views are of one type.
    fn into_any(self) -> View {
        self.into_view()
    }
}

/// Many that can be shown, one after the other.
pub trait CollectView {
    /// As one view.
    fn collect_view(self) -> View;
}

impl<I> CollectView for I
where
    I: IntoIterator,
    I::Item: IntoView,
{
    fn collect_view(self) -> View {
        View::Many(self.into_iter().map(IntoView::into_view).collect())
    }
}

impl IntoView for View {
    fn into_view(self) -> View {
        self
    }
}

impl IntoView for () {
    fn into_view(self) -> View {
        View::Empty
    }
}

impl IntoView for &'static str {
    fn into_view(self) -> View {
        View::Text(Cow::Borrowed(self))
    }
}

impl IntoView for String {
    fn into_view(self) -> View {
        View::Text(Cow::Owned(self))
    }
}

impl IntoView for &String {
    fn into_view(self) -> View {
        self.clone().into_view()
    }
}

impl IntoView for Cow<'static, str> {
    fn into_view(self) -> View {
        View::Text(self)
    }
}

impl IntoView for Arc<str> {
    fn into_view(self) -> View {
        self.as_ref().to_owned().into_view()
    }
}

impl<T: IntoView> IntoView for Option<T> {
    fn into_view(self) -> View {
        self.map_or(View::Empty, T::into_view)
    }
}

impl<T: IntoView> IntoView for Vec<T> {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<T: IntoView, const N: usize> IntoView for [T; N] {
    fn into_view(self) -> View {
        self.collect_view()
    }
}

impl<F, T> IntoView for F
where
    F: FnMut() -> T + 'static,
    T: IntoView,
{
    fn into_view(mut self) -> View {
        View::Dynamic(Box::new(move || self().into_view()))
    }
}

macro_rules! signals {
    ($($signal:ident),*) => {$(
        impl<T: IntoView + Clone + Send + Sync + 'static> IntoView for $signal<T> {
            fn into_view(self) -> View {
                View::Dynamic(Box::new(move || self.get().into_view()))
            }
        }
    )*};
}
signals!(Memo, ReadSignal, RwSignal, Signal);

macro_rules! texts {
    ($($kind:ty),*) => {$(
        impl IntoView for $kind {
            fn into_view(self) -> View {
                View::Text(Cow::Owned(self.to_string()))
            }
        }
    )*};
}
texts!(char, u8, u16, u32, u64, usize, i32, i64, f64);

macro_rules! tuples {
    ($(($($one:ident),*))*) => {$(
        impl<$($one: IntoView),*> IntoView for ($($one,)*) {
            fn into_view(self) -> View {
                #[expect(non_snake_case, reason = "the names of the types serve as those of the values")]
                let ($($one,)*) = self;
                View::Many(vec![$($one.into_view()),*])
            }
        }
    )*};
}
tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E));

/// What a field can be bound to.
pub trait Bound: Clone + 'static {
    /// As it is, and as it will be.
    fn value(&self) -> Value;
    /// Takes over what stands in the field now.
    fn take(&self, element: &Element, property: &str);
}

fn read(element: &Element, property: &str) -> JsValue {
    js_sys::Reflect::get(element, &JsValue::from_str(property)).unwrap_or(JsValue::UNDEFINED)
}

impl Bound for RwSignal<String> {
    fn value(&self) -> Value {
        let signal = *self;
        Value::Dynamic(Box::new(move || Value::Text(Cow::Owned(signal.get()))))
    }

    fn take(&self, element: &Element, property: &str) {
        self.set(read(element, property).as_string().unwrap_or_default());
    }
}

impl Bound for RwSignal<bool> {
    fn value(&self) -> Value {
        let signal = *self;
        Value::Dynamic(Box::new(move || Value::Bool(signal.get())))
    }

    fn take(&self, element: &Element, property: &str) {
        self.set(read(element, property).is_truthy());
    }
}
