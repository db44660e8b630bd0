//! A closure that can be copied.

use reactive_graph::owner::StoredValue;
use reactive_graph::traits::GetValue;
use std::sync::Arc;

type Call<I, O> = Arc<dyn Fn(I) -> O + Send + Sync>;

/// A closure that is kept by the owner of the moment in which it was made.
pub struct Callback<I: 'static, O: 'static = ()>(StoredValue<Call<I, O>>);

impl<I, O> Clone for Callback<I, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I, O> Copy for Callback<I, O> {}

impl<I, O> Callback<I, O> {
    /// Keeps a closure.
    pub fn new(call: impl Fn(I) -> O + Send + Sync + 'static) -> Self {
        Self(StoredValue::new(Arc::new(call)))
    }

    /// Calls it. Whoever made it must still be there.
    pub fn run(&self, input: I) -> O {
        (self.0.get_value())(input)
    }
}
