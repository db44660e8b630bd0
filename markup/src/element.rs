//! Nodes of markup.

use crate::attribute;
use crate::fixed::{CLOSE, Calls, TEXT};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use rstml::node::{
    KeyedAttribute, KeyedAttributeValue, Node as AnyNode, NodeAttribute, NodeElement as AnyElement, NodeName,
};
use syn::spanned::Spanned;
use syn::{Error, ExprPath, Result};

pub(crate) type Node = AnyNode<rstml::Infallible>;
pub(crate) type Element = AnyElement<rstml::Infallible>;

/// The expression for some nodes.
pub(crate) fn view(nodes: &[Node]) -> Result<TokenStream> {
    match nodes {
        [] => Ok(quote!(crate::view::View::Empty)),
        [AnyNode::Element(element)] => match component(element.name()) {
            Some(path) => call(path, element),
            None => built(nodes),
        },
        [AnyNode::Fragment(fragment)] => view(&fragment.children),
        [AnyNode::Block(block)] => {
            let child = block.try_block().map_or_else(|| quote!(#block), bare);
            Ok(quote!(crate::view::IntoView::into_view(#child)))
        }
        many => built(many),
    }
}

fn built(nodes: &[Node]) -> Result<TokenStream> {
    let mut calls = Calls::default();
    for node in nodes {
        add(&mut calls, node)?;
    }
    let calls = calls.finish();
    Ok(quote!({
        let mut __view = crate::view::Builder::new();
        #calls
        __view.finish()
    }))
}

fn add(calls: &mut Calls, node: &Node) -> Result<()> {
    match node {
        AnyNode::Element(element) => match component(element.name()) {
            Some(path) => {
                let call = call(path, element)?;
                calls.call(&quote!(child(#call)));
            }
            None => self::element(calls, element)?,
        },
        AnyNode::Block(block) => {
            let child = block.try_block().map_or_else(|| quote!(#block), bare);
            calls.call(&quote!(child(crate::view::IntoView::into_view(#child))));
        }
        AnyNode::Text(text) => fixed_text(calls, &text.value_string(), text.value.span())?,
        AnyNode::RawText(text) => fixed_text(calls, &text.to_string_best(), text.span())?,
        AnyNode::Fragment(fragment) => {
            for node in &fragment.children {
                add(calls, node)?;
            }
        }
        AnyNode::Comment(_) => {}
        AnyNode::Doctype(other) => return Err(Error::new(other.span(), "a view has no doctype")),
        AnyNode::Custom(other) => return Err(Error::new(other.span(), "no such node")),
    }
    Ok(())
}

/// `{value}` as `value`, so that no lint sees braces around one value.
fn bare(block: &syn::Block) -> TokenStream {
    match block.stmts.as_slice() {
        [syn::Stmt::Expr(value, None)] => quote!(#value),
        _ => quote!(#block),
    }
}

fn fixed_text(calls: &mut Calls, text: &str, span: proc_macro2::Span) -> Result<()> {
    if text.contains(|c: char| c < '\u{7}') {
        return Err(Error::new(span, "a mark of the view layer stands in this text"));
    }
    calls.fixed(TEXT, text);
    Ok(())
}

fn element(calls: &mut Calls, element: &Element) -> Result<()> {
    let own_name = name(element.name());
    calls.open(&own_name);
    for attribute in element.attributes() {
        match attribute {
            NodeAttribute::Attribute(attribute) => attribute::add(calls, &own_name, attribute)?,
            NodeAttribute::Block(block) => {
                return Err(Error::new(block.span(), "attributes are written one by one"));
            }
        }
    }
    for child in element.children() {
        add(calls, child)?;
    }
    calls.fixed(CLOSE, "");
    Ok(())
}

/// A name as it was written.
pub(crate) fn name(name: &NodeName) -> String {
    name.to_string().replace("r#", "").replace(' ', "")
}

/// The function of a name that begins with a capital.
fn component(name: &NodeName) -> Option<&ExprPath> {
    let NodeName::Path(path) = name else { return None };
    let last = path.path.segments.last()?.ident.to_string();
    last.starts_with(char::is_uppercase).then_some(path)
}

/// `<Name argument=value let:item>children</Name>`.
fn call(path: &ExprPath, element: &Element) -> Result<TokenStream> {
    let mut setters = TokenStream::new();
    let mut bound: Vec<Ident> = Vec::new();
    for attribute in element.attributes() {
        let NodeAttribute::Attribute(attribute) = attribute else {
            return Err(Error::new(attribute.span(), "arguments are written one by one"));
        };
        let key = name(&attribute.key);
        if let Some(item) = key.strip_prefix("let:") {
            bound.push(Ident::new(item, attribute.key.span()));
            continue;
        }
        if key.contains([':', '-']) {
            return Err(Error::new(attribute.key.span(), "a component takes its own arguments only"));
        }
        let setter = syn::parse_str::<Ident>(&key).map(|_| Ident::new(&key, attribute.key.span()));
        let setter = setter.unwrap_or_else(|_| Ident::new_raw(&key, attribute.key.span()));
        let value = argument(attribute)?;
        setters.extend(quote_spanned!(attribute.key.span()=> .#setter(#value)));
    }
    if !element.children().is_empty() {
        let children = view(element.children())?;
        setters.extend(if bound.is_empty() {
            quote!(.children(crate::view::ToChildren::to_children(move || #children)))
        } else {
            quote!(.children(move |#(#bound),*| #children))
        });
    }
    Ok(quote_spanned! {path.span()=>
        crate::view::call(&#path, crate::view::arguments(&#path)#setters.build())
    })
}

/// The value of an argument; a name alone stands for the variable of this name.
fn argument(attribute: &KeyedAttribute) -> Result<TokenStream> {
    match (&attribute.possible_value, attribute.value()) {
        (_, Some(value)) => Ok(quote!(#value)),
        (KeyedAttributeValue::None, None) => {
            let key = &attribute.key;
            Ok(quote!(#key))
        }
        _ => Err(Error::new(attribute.key.span(), "this argument has no value")),
    }
}
