//! The desk as a program of its own.

fn main() {
    app::desk::start();
}
