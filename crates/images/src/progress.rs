//! What a build tells while it runs.

use crate::ImageName;

/// A step of a build, for a progress line.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The package lists of a Debian suite are being fetched.
    Lists {
        /// The suite's code name.
        suite: &'static str,
    },
    /// Packages that the cache lacks are being downloaded.
    Downloading {
        /// Their names.
        packages: Vec<String>,
    },
    /// An image is being put together.
    Assembling {
        /// The image that is to be built.
        image: ImageName,
    },
    /// An image is being handed to the Engine.
    Loading {
        /// The image that is loaded.
        image: ImageName,
        /// Size of its files.
        bytes: u64,
    },
    /// An image is done.
    Finished {
        /// The image that is there now.
        image: ImageName,
        /// It was there already, made from the same inputs.
        unchanged: bool,
        /// Time since the last image was done.
        seconds: f64,
    },
}
