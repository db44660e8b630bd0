//! Attributes of elements: `name=value`, `prop:`, `class:`, `style:`, `on:`, `bind:`, `node_ref`.

use crate::element::name;
use crate::fixed::{Calls, NAME, VALUE};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use rstml::node::{KeyedAttribute, KeyedAttributeValue};
use syn::spanned::Spanned;
use syn::{Error, Expr, Lit, Result};

/// Adds an attribute to the element that was opened last.
pub(crate) fn add(calls: &mut Calls, element: &str, attribute: &KeyedAttribute) -> Result<()> {
    let (key, span) = (name(&attribute.key), attribute.key.span());
    let Some(value) = attribute.value() else {
        if !matches!(attribute.possible_value, KeyedAttributeValue::None) || key.contains(':') {
            return Err(Error::new(span, "this attribute has no value"));
        }
        calls.fixed(NAME, &key);
        calls.fixed(VALUE, "");
        return Ok(());
    };
    let call = match key.split_once(':') {
        Some(("on", event)) => {
            let (event, targeted) =
                event.strip_suffix(":target").map_or((event, false), |event| (event, true));
            let event = syn::parse_str::<Ident>(event).map_err(|why| Error::new(span, why))?;
            if targeted {
                let kind = kind_of(element, span)?;
                quote_spanned!(span=> on_target(crate::view::ev::#event, crate::view::html::#kind, #value))
            } else {
                quote_spanned!(span=> on(crate::view::ev::#event, #value))
            }
        }
        Some(("bind", bound)) => quote_spanned!(span=> bind(#bound, #value)),
        Some(("attr", key)) => dynamic(&quote!(attr), key, value),
        Some((kind @ ("prop" | "class" | "style"), key)) => {
            let kind = Ident::new(kind, span);
            dynamic(&quote!(#kind), key, value)
        }
        // Names of drawings: xlink:href, xml:lang.
        Some(("xlink" | "xml", _)) => dynamic(&quote!(attr), &key, value),
        Some(_) => return Err(Error::new(span, "the view layer does not know this kind of attribute")),
        None if key == "node_ref" => quote_spanned!(span=> node_ref(#value)),
        None => match literal(value) {
            Some(text) if text.chars().all(|c| c >= '\u{7}') => {
                calls.fixed(NAME, &key);
                calls.fixed(VALUE, &text);
                return Ok(());
            }
            _ => dynamic(&quote!(attr), &key, value),
        },
    };
    calls.call(&call);
    Ok(())
}

/// `Input` for `input`: the type by which the view layer knows this kind of element.
fn kind_of(element: &str, span: proc_macro2::Span) -> Result<Ident> {
    let mut letters = element.chars();
    let capital = letters.next().map(|first| first.to_ascii_uppercase());
    let name: String = capital.into_iter().chain(letters).collect();
    let mut name = syn::parse_str::<Ident>(&name).map_err(|why| Error::new(span, why))?;
    name.set_span(span);
    Ok(name)
}

fn dynamic(kind: &TokenStream, key: &str, value: &Expr) -> TokenStream {
    quote!(#kind(#key, crate::view::IntoValue::into_value(#value)))
}

/// A text or a number that stands in the markup itself.
fn literal(value: &Expr) -> Option<String> {
    let Expr::Lit(value) = value else { return None };
    match &value.lit {
        Lit::Str(text) => Some(text.value()),
        Lit::Char(text) => Some(text.value().to_string()),
        Lit::Int(number) if number.suffix().is_empty() => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}
