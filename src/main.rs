//! `mapsto`: the window, or the same engine from a terminal.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapsto::cli::main()
}
