//! `#[component]`: a function becomes one that takes a struct, so that markup can name its
//! arguments, leave out those that may be, and learn of those that are missing from the compiler.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Error, Expr, FnArg, GenericArgument, GenericParam, ItemFn, Meta, Pat, PathArguments, Result,
    Token, Type, parse_quote,
};

/// An argument.
struct Argument {
    name: Ident,
    kind: Type,
    docs: Vec<Attribute>,
    options: Options,
}

/// What `#[prop(…)]` says.
#[derive(Default)]
struct Options {
    into: bool,
    optional: bool,
    keep_option: bool,
    strip_option: bool,
    default: Option<Expr>,
}

/// The struct of the arguments, and the function that takes it.
pub(crate) fn expand(mut function: ItemFn) -> Result<TokenStream> {
    generic(&mut function);
    let arguments = std::mem::take(&mut function.sig.inputs).into_iter();
    let arguments = arguments.map(Argument::read).collect::<Result<Vec<_>>>()?;
    let ItemFn { attrs, vis, sig, block, .. } = &function;
    let name = &sig.ident;
    let (bounds, generics, wheres) = sig.generics.split_for_impl();
    let body = quote!(crate::view::untrack(move || crate::view::IntoView::into_view(#block)));
    if arguments.is_empty() {
        return Ok(quote! {
            #(#attrs)*
            #[expect(non_snake_case, reason = "named like what it shows")]
            #vis fn #name #bounds () -> crate::view::View #wheres { #body }
        });
    }
    let (props, builder) = (format_ident!("{name}Props"), format_ident!("{name}PropsBuilder"));
    let fields = arguments.iter().map(|argument| argument.field(vis));
    let names: Vec<&Ident> = arguments.iter().map(|argument| &argument.name).collect();
    let doc = format!("What `{name}` is given.");
    Ok(quote! {
        #[doc = #doc]
        #[derive(::typed_builder::TypedBuilder)]
        #vis struct #props #bounds #wheres { #(#fields),* }

        impl #bounds crate::view::Props for #props #generics #wheres {
            type Builder = #builder #generics;
            fn builder() -> Self::Builder { #props::builder() }
        }

        #(#attrs)*
        #[expect(non_snake_case, reason = "named like what it shows")]
        #vis fn #name #bounds (props: #props #generics) -> crate::view::View #wheres {
            let #props { #(#names),* } = props;
            #body
        }
    })
}

impl Argument {
    fn read(argument: FnArg) -> Result<Self> {
        let FnArg::Typed(argument) = argument else {
            return Err(Error::new_spanned(argument, "a component is no method"));
        };
        let Pat::Ident(pattern) = *argument.pat else {
            return Err(Error::new_spanned(argument.pat, "an argument has a name"));
        };
        let mut options = Options::default();
        let mut docs = Vec::new();
        for attribute in argument.attrs {
            if attribute.path().is_ident("prop") {
                options.read(&attribute)?;
            } else {
                docs.push(attribute);
            }
        }
        Ok(Self { name: pattern.ident, kind: *argument.ty, docs, options })
    }

    fn field(&self, vis: &syn::Visibility) -> TokenStream {
        let Self { name, kind, docs, options } = self;
        let mut setter = Vec::new();
        if options.into {
            setter.push(quote!(into));
        }
        let optional = is_option(kind);
        if options.strip_option || (options.optional && optional && !options.keep_option) {
            setter.push(quote!(strip_option));
        }
        let mut all = Vec::new();
        if !setter.is_empty() {
            all.push(quote!(setter(#(#setter),*)));
        }
        match &options.default {
            Some(value) => all.push(quote!(default = #value)),
            None if options.optional => all.push(quote!(default)),
            None => {}
        }
        let builder = (!all.is_empty()).then(|| quote!(#[builder(#(#all),*)]));
        let unnamed = docs.is_empty().then(|| {
            let doc = format!("The argument `{name}`.");
            quote!(#[doc = #doc])
        });
        quote!(#(#docs)* #unnamed #builder #vis #name: #kind)
    }
}

impl Options {
    fn read(&mut self, attribute: &Attribute) -> Result<()> {
        let Meta::List(list) = &attribute.meta else {
            return Err(Error::new_spanned(attribute, "#[prop(…)] says something"));
        };
        let all = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone())?;
        for option in all {
            match &option {
                Meta::Path(path) if path.is_ident("into") => self.into = true,
                Meta::Path(path) if path.is_ident("optional") => self.optional = true,
                Meta::Path(path) if path.is_ident("strip_option") => self.strip_option = true,
                Meta::Path(path) if path.is_ident("optional_no_strip") => {
                    self.optional = true;
                    self.keep_option = true;
                }
                Meta::NameValue(pair) if pair.path.is_ident("default") => {
                    self.default = Some(pair.value.clone());
                }
                other => return Err(Error::new_spanned(other, "#[prop] does not know this")),
            }
        }
        Ok(())
    }
}

fn is_option(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    path.path.segments.last().is_some_and(|last| {
        let PathArguments::AngleBracketed(inside) = &last.arguments else { return false };
        last.ident == "Option" && matches!(inside.args.first(), Some(GenericArgument::Type(_)))
    })
}

/// `f: impl Fn()` becomes a named generic, because the struct needs a name for it.
fn generic(function: &mut ItemFn) {
    let mut found = Vec::new();
    for argument in &mut function.sig.inputs {
        if let FnArg::Typed(argument) = argument
            && let Type::ImplTrait(bounds) = &*argument.ty
        {
            let name = format_ident!("Impl{}", found.len());
            let bounds = &bounds.bounds;
            let parameter: GenericParam = parse_quote!(#name: #bounds);
            found.push(parameter);
            argument.ty = parse_quote!(#name);
        }
    }
    function.sig.generics.params.extend(found);
}
