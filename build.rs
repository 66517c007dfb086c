//! A smaller program: the linker folds functions that became the same code (of generic code there is much) and
//! constants that hold the same, as Windows' linker always does, and packs the table of what is to be relocated, which
//! the system's C library must know of. `-Wl,--print-icf-sections` lists what is folded.

use std::path::Path;
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Constants of the allocator that it tells apart by where they are, though some hold the same.
const APART: [&str; 3] = ["_mi_page_empty", "_mi_theap_empty", "_mi_theap_empty_wrong"];

/// The glibc that knows packed relocations.
const PACKED: (u32, u32) = (2, 36);

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTC");
    if var("TARGET") != TARGET || var("CARGO_ENCODED_RUSTFLAGS").contains("link") || !own_linker() {
        return;
    }
    println!("cargo::rustc-link-arg-bins=-Wl,--icf=all,--ignore-data-address-equality");
    for constant in APART {
        println!("cargo::rustc-link-arg-bins=-Wl,--keep-unique={constant}");
    }
    if var("HOST") == TARGET && c_library() >= Some(PACKED) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
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

/// Version of this system's glibc.
fn c_library() -> Option<(u32, u32)> {
    let told = Command::new("getconf")
        .arg("GNU_LIBC_VERSION")
        .output()
        .ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Of those that cargo sets; empty where it does not.
fn var(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
