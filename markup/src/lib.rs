//! `view!` and `#[component]` for the app, with the syntax of Leptos.
//!
//! Leptos gives each element a type of its own, and the compiler writes code to build, to change
//! and to drop each of these types. Here markup becomes a few calls of one builder that knows
//! elements by their names only (`app/src/view`): what is fixed is one text, what changes is one
//! call each.

mod attribute;
mod component;
mod element;
mod fixed;

use proc_macro::TokenStream;

/// Markup, as a value of type `View`.
#[proc_macro]
pub fn view(input: TokenStream) -> TokenStream {
    let (nodes, faults) = rstml::Parser::new(rstml::ParserConfig::default().recover_block(true))
        .parse_recoverable(proc_macro2::TokenStream::from(input))
        .split_vec();
    let faults = faults.into_iter().map(|fault| fault.emit_as_expr_tokens());
    let view = element::view(&nodes).unwrap_or_else(|fault| fault.into_compile_error());
    quote::quote!({ #(#faults;)* #view }).into()
}

/// A function whose arguments are named in markup: `<Name argument=value />`.
#[proc_macro_attribute]
pub fn component(_: TokenStream, input: TokenStream) -> TokenStream {
    let function = syn::parse_macro_input!(input as syn::ItemFn);
    component::expand(function).unwrap_or_else(|fault| fault.into_compile_error()).into()
}
