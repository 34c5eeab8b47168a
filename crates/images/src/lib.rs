//! Container images built from distribution packages, for machines without an image registry.
//!
//! A recipe ([`ImageName`] names it) says which packages hold a program; the packages come signed
//! from the mirror that the machine's own apt sources name, through an apt configuration of our own,
//! so that neither the system's sources nor its installed packages are touched. An image is the
//! program, the libraries its own suite's loader resolves, and a few lines of `/etc` on an empty base.
//!
//! Everything downloaded is kept, and an image whose inputs are unchanged is left alone: see [`build`].

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod apt;
mod archive;
mod assemble;
mod build;
mod cache;
mod command;
mod error;
mod hash;
mod libraries;
mod list;
mod name;
mod progress;
mod recipe;
mod rootfs;
mod store;
mod tar;
mod unpack;
mod wheel;

pub use build::{BuildRequest, BuiltImage, build, default_cache_dir};
pub use error::ImageError;
pub use list::{ListedImage, Origin, list, stack_variables};
pub use name::ImageName;
pub use progress::Progress;

/// The tag of locally built images unless a request says otherwise.
pub const DEFAULT_TAG: &str = "local";
