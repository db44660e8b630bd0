//! Values of attributes, properties, classes and styles.

use reactive_graph::computed::Memo;
use reactive_graph::signal::{ReadSignal, RwSignal};
use reactive_graph::traits::Get;
use reactive_graph::wrappers::read::Signal;
use std::borrow::Cow;
use std::sync::Arc;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// A value.
pub enum Value {
    /// There is none: the attribute is left out.
    None,
    /// An attribute that is there or not; a class that is on or off.
    Bool(bool),
    /// A text.
    Text(Cow<'static, str>),
    /// Whatever the closure gives, each time that it is run.
    Dynamic(Box<dyn FnMut() -> Value>),
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => one == other,
            _ => false,
        }
    }
}

/// What a value is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Attr,
    Prop,
    Class,
    Style,
}

impl Kind {
    /// Sets it. Browsers refuse none of what stands in markup.
    pub(super) fn set(self, element: &Element, name: &str, value: &Value) {
        let text = match value {
            Value::Text(text) => Some(text.as_ref()),
            Value::Bool(true) => Some(""),
            _ => None,
        };
        match self {
            Self::Attr => {
                let _ = match text {
                    Some(text) => element.set_attribute(name, text),
                    None => element.remove_attribute(name),
                };
            }
            Self::Class => {
                let _ = element.class_list().toggle_with_force(name, *value == Value::Bool(true));
            }
            Self::Style => {
                let _ = element
                    .unchecked_ref::<HtmlElement>()
                    .style()
                    .set_property(name, text.unwrap_or_default());
            }
            Self::Prop => {
                let name = JsValue::from_str(name);
                let value = match value {
                    Value::Bool(on) => JsValue::from_bool(*on),
                    Value::Text(text) => JsValue::from_str(text),
                    _ => JsValue::UNDEFINED,
                };
                // A field loses its cursor to a text that is set, also to the one it has.
                if js_sys::Reflect::get(element, &name).ok().as_ref() != Some(&value) {
                    let _ = js_sys::Reflect::set(element, &name, &value);
                }
            }
        }
    }
}

/// What can be a value.
pub trait IntoValue {
    /// As one.
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl IntoValue for &String {
    fn into_value(self) -> Value {
        self.clone().into_value()
    }
}

impl IntoValue for Cow<'static, str> {
    fn into_value(self) -> Value {
        Value::Text(self)
    }
}

impl IntoValue for Arc<str> {
    fn into_value(self) -> Value {
        self.as_ref().to_owned().into_value()
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::None, T::into_value)
    }
}

impl<F, T> IntoValue for F
where
    F: FnMut() -> T + 'static,
    T: IntoValue,
{
    fn into_value(mut self) -> Value {
        Value::Dynamic(Box::new(move || self().into_value()))
    }
}

macro_rules! signals {
    ($($signal:ident),*) => {$(
        impl<T: IntoValue + Clone + Send + Sync + 'static> IntoValue for $signal<T> {
            fn into_value(self) -> Value {
                Value::Dynamic(Box::new(move || self.get().into_value()))
            }
        }
    )*};
}
signals!(Memo, ReadSignal, RwSignal, Signal);

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl IntoValue for $number {
            fn into_value(self) -> Value {
                Value::Text(Cow::Owned(self.to_string()))
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64, f64);
