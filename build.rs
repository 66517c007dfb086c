//! Lets the linker fold functions that became the same code: of generic code there is much.

use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    if var("TARGET") == TARGET && own_linker() && !var("CARGO_ENCODED_RUSTFLAGS").contains("link") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}

/// Whether the compiler brings a linker of its own for this target, which it then uses and which can do it.
fn own_linker() -> bool {
    let sysroot = Command::new(var("RUSTC"))
        .args(["--print", "sysroot"])
        .output();
    sysroot.is_ok_and(|sysroot| {
        let sysroot = String::from_utf8_lossy(&sysroot.stdout);
        let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
        libraries.join("bin/gcc-ld/ld.lld").exists()
    })
}

/// Of those that cargo sets; empty where it does not.
fn var(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
