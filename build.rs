//! Folds functions that came out the same, a twentieth of the binary (docs/dependencies.md, "Build time").

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Only where the linker is the one that comes with the compiler, `rust-lld`: others may not know the option.
    let is_released = var("PROFILE").is_ok_and(|profile| profile == "release");
    let is_lld = var("TARGET").is_ok_and(|target| target == "x86_64-unknown-linux-gnu");
    let has_other_linker = var("RUSTC_LINKER").is_ok()
        || var("CARGO_ENCODED_RUSTFLAGS")
            .is_ok_and(|flags| flags.contains("linker") || flags.contains("fuse-ld"));
    if is_released && is_lld && !has_other_linker {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
    }
}
