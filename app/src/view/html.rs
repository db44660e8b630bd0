//! Kinds of elements, for [`NodeRef`](super::prelude::NodeRef).

/// A kind of element, and its type.
pub trait Kind: 'static {
    /// Its type.
    type Element: wasm_bindgen::JsCast + Clone + 'static;
}

macro_rules! kinds {
    ($($name:ident: $element:ident),* $(,)?) => {$(
        #[doc = concat!("An element of the type `", stringify!($element), "`.")]
        #[derive(Debug)]
        pub struct $name;

        impl Kind for $name {
            type Element = web_sys::$element;
        }
    )*};
}

kinds! {
    Input: HtmlInputElement,
    Textarea: HtmlTextAreaElement,
    Select: HtmlSelectElement,
    Button: HtmlButtonElement,
    Dialog: HtmlDialogElement,
    Form: HtmlFormElement,
    Canvas: HtmlCanvasElement,
    Video: HtmlVideoElement,
    A: HtmlAnchorElement,
    Div: HtmlElement,
    Span: HtmlElement,
    P: HtmlElement,
    H1: HtmlElement,
    H2: HtmlElement,
    H3: HtmlElement,
    Section: HtmlElement,
    Main: HtmlElement,
    Nav: HtmlElement,
    Ul: HtmlElement,
    Ol: HtmlElement,
    Li: HtmlElement,
    Table: HtmlElement,
    Details: HtmlElement,
}
