//! What can go wrong while building images, each with what to do about it.

use std::path::PathBuf;

/// Why an image could not be built or listed.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A program of the machine that the build needs is not installed.
    #[error("`{tool}` is not installed; install it with: apt-get install {package}")]
    MissingTool {
        /// The program looked for.
        tool: String,
        /// The Debian package that holds it.
        package: &'static str,
    },
    /// A program ended with an error.
    #[error("`{command}` failed ({status})\n{tail}\n{advice}")]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// Its last output lines.
        tail: String,
        /// What to do.
        advice: String,
    },
    /// The machine's apt sources name no Debian archive.
    #[error(
        "no Debian mirror in {}: images are built from Debian packages; name a mirror with --mirror URL",
        looked_in.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    NoMirror {
        /// The source lists read.
        looked_in: Vec<PathBuf>,
    },
    /// The keyring that signs the Debian archive is not on this machine.
    #[error("{} is missing; install it with: apt-get install debian-archive-keyring", path.display())]
    NoKeyring {
        /// Where it was expected.
        path: PathBuf,
    },
    /// No candidate mirror serves a suite.
    #[error(
        "no mirror serves the Debian suite {suite}; tried {tried}\n{tail}\ncheck the network, or name a mirror that has it with --mirror URL"
    )]
    NoSuite {
        /// The suite, by code name.
        suite: String,
        /// The addresses tried.
        tried: String,
        /// The last output lines of the last attempt.
        tail: String,
    },
    /// A package does not hold a file that its recipe copies.
    #[error("{image}: no file {path} in its packages; the package has changed, and so must the recipe")]
    Layout {
        /// The image.
        image: String,
        /// The file, as the package should name it.
        path: String,
    },
    /// The loader found no library for a name that a program needs.
    #[error("{program} needs {library}, which no package of its recipe holds")]
    Library {
        /// The program.
        program: String,
        /// The library's name.
        library: String,
    },
    /// The swarmlab binary that the demo image is made from cannot be read.
    #[error("cannot read the binary {} for the demo image: {source}", path.display())]
    Binary {
        /// Path of the file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the cache or of a package could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The Engine refused a request or did not answer.
    #[error("the Docker engine could not {action}: {source}")]
    Engine {
        /// What was asked.
        action: String,
        /// What the Engine answered, or why it could not be asked.
        source: bollard::errors::Error,
    },
}

impl ImageError {
    /// For `map_err`: an I/O error together with the file it concerns.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// For `map_err`: an Engine error together with what was asked.
    pub(crate) fn engine(action: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let action = action.into();
        move |source| Self::Engine { action, source }
    }
}
