//! `jiangdao`: the program that serves phones and desk, and the commands beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::commands::main()
}
