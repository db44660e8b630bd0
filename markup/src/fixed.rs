//! The fixed part of markup: a text that the builder reads (`app/src/view/build.rs`). Each piece
//! begins with a mark, which no text in markup may contain.

use proc_macro2::TokenStream;
use quote::quote;

/// Before the name of an element.
pub(crate) const OPEN: char = '\u{1}';
/// Before the name of an attribute.
pub(crate) const NAME: char = '\u{2}';
/// Before the value of the attribute that was named.
pub(crate) const VALUE: char = '\u{3}';
/// Before a text.
pub(crate) const TEXT: char = '\u{4}';
/// Ends the element.
pub(crate) const CLOSE: char = '\u{5}';
/// Before the name of an element of a drawing.
pub(crate) const DRAW: char = '\u{6}';

/// Elements that only drawings have.
const DRAWING: [&str; 21] = [
    "svg",
    "path",
    "g",
    "rect",
    "circle",
    "line",
    "polyline",
    "polygon",
    "ellipse",
    "text",
    "tspan",
    "defs",
    "use",
    "symbol",
    "marker",
    "pattern",
    "mask",
    "clipPath",
    "linearGradient",
    "radialGradient",
    "stop",
];

/// Calls of the builder, with what is fixed between two of them put together.
#[derive(Default)]
pub(crate) struct Calls {
    calls: TokenStream,
    fixed: String,
}

impl Calls {
    /// Something fixed.
    pub(crate) fn fixed(&mut self, mark: char, text: &str) {
        self.fixed.push(mark);
        self.fixed.push_str(text);
    }

    /// Opens an element.
    pub(crate) fn open(&mut self, name: &str) {
        self.fixed(if DRAWING.contains(&name) { DRAW } else { OPEN }, name);
    }

    /// A call for something that is not fixed.
    pub(crate) fn call(&mut self, call: &TokenStream) {
        self.flush();
        self.calls.extend(quote!(__view.#call;));
    }

    /// All calls.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.flush();
        self.calls
    }

    fn flush(&mut self) {
        if !self.fixed.is_empty() {
            let fixed = std::mem::take(&mut self.fixed);
            self.calls.extend(quote!(__view.fixed(#fixed);));
        }
    }
}
