//! The phone as a program of its own.

fn main() {
    app::phone::start();
}
