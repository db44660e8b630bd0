//! How markup calls components: by the function alone, whatever its arguments are.

use super::View;
use std::sync::Arc;

/// The arguments of a component.
pub trait Props {
    /// Takes them one by one.
    type Builder;
    /// Begins to take them.
    fn builder() -> Self::Builder;
}

/// In the place of arguments where there are none.
pub struct NoProps;

impl NoProps {
    /// There is nothing more to say.
    #[must_use]
    pub fn build(self) -> Self {
        self
    }
}

/// Arguments, or none.
pub trait Arguments {
    /// Takes them one by one.
    type Builder;
    /// Begins to take them.
    fn begin() -> Self::Builder;
}

impl<P: Props> Arguments for P {
    type Builder = P::Builder;
    fn begin() -> P::Builder {
        P::builder()
    }
}

impl Arguments for NoProps {
    type Builder = Self;
    fn begin() -> Self {
        Self
    }
}

/// A component.
pub trait Component<P> {
    /// Calls it.
    fn run(&self, props: P) -> View;
}

impl<F: Fn() -> View> Component<NoProps> for F {
    fn run(&self, _: NoProps) -> View {
        self()
    }
}

impl<P: Props, F: Fn(P) -> View> Component<P> for F {
    fn run(&self, props: P) -> View {
        self(props)
    }
}

/// Begins to take the arguments of this component.
pub fn arguments<P: Arguments>(_: &impl Component<P>) -> P::Builder {
    P::begin()
}

/// Calls a component.
pub fn call<P>(component: &impl Component<P>, props: P) -> View {
    component.run(props)
}

/// What stands between the tags of a component.
pub type Children = Box<dyn FnOnce() -> View>;

/// The same, to be shown more than once.
pub type ChildrenFn = Arc<dyn Fn() -> View>;

/// What children can be handed on as.
pub trait ToChildren<F> {
    /// As such.
    fn to_children(closure: F) -> Self;
}

impl<F: FnOnce() -> View + 'static> ToChildren<F> for Children {
    fn to_children(closure: F) -> Self {
        Box::new(closure)
    }
}

impl<F: Fn() -> View + 'static> ToChildren<F> for ChildrenFn {
    fn to_children(closure: F) -> Self {
        Arc::new(closure)
    }
}

impl<F: FnOnce() -> View + 'static> ToChildren<F> for Option<Children> {
    fn to_children(closure: F) -> Self {
        Some(Box::new(closure))
    }
}
