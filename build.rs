//! Orders to the linker that make the binary smaller (docs/dependencies.md, "Build time").

use std::env::var;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Only where the linker is the one that comes with the compiler, `rust-lld`: others may not know the options.
    let is_released = var("PROFILE").is_ok_and(|profile| profile == "release");
    let is_lld = var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu");
    let has_other_linker = var("RUSTC_LINKER").is_ok()
        || var("CARGO_ENCODED_RUSTFLAGS")
            .is_ok_and(|flags| flags.contains("linker") || flags.contains("fuse-ld"));
    if is_released && var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        // Cargo does not pass `strip = "symbols"` on for a package whose level of optimisation is its own, as this one's is.
        println!("cargo::rustc-link-arg-bins=-Wl,--strip-all");
    }
    if !is_released || !is_lld || has_other_linker {
        return;
    }
    // Folds functions that came out the same: a twentieth of the binary.
    println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    if loader_unpacks_relocations() {
        // The addresses that are filled in at the start, as bits instead of 24 bytes each: another fifteenth.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// Whether programs of this machine are started by a glibc that knows packed relocations: 2.36 was the first. An older one
/// refuses a program that has them.
fn loader_unpacks_relocations() -> bool {
    let Ok(told) = Command::new("getconf").arg("GNU_LIBC_VERSION").output() else { return false };
    let told = String::from_utf8_lossy(&told.stdout);
    let version = told.trim().strip_prefix("glibc ").and_then(|v| v.split_once('.'));
    let number = |text: &str| text.parse::<u32>().ok();
    version.and_then(|(major, minor)| Some((number(major)?, number(minor)?))).is_some_and(|v| v >= (2, 36))
}
