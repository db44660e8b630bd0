//! What the product exists for, measured: `cargo xtask bench`. Times describe the machine; only sizes are gates.

mod figures;
mod phone;
