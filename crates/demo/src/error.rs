//! What can keep a role from starting or serving.

use std::net::SocketAddr;

/// Why a role of the sample application or the proxy could not run.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The address is taken, not ours, or not allowed.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A setting that cannot work; the text names the setting and what is expected.
    #[error("{0}")]
    Config(String),
    /// A secret could not be read.
    #[error("cannot read {variable}: {reason}")]
    Secret {
        /// The environment variable that was asked for.
        variable: String,
        /// What was wrong with it; never the secret itself.
        reason: String,
    },
    /// The operating system refused a thread.
    #[error("cannot start a {purpose} thread: {source}")]
    Thread {
        /// What the thread was to do.
        purpose: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The SQLite file cannot be opened or its table cannot be made.
    #[error("cannot open the SQLite database {path}: {reason}")]
    Sqlite {
        /// The configured file.
        path: std::path::PathBuf,
        /// SQLite's message.
        reason: String,
    },
}

/// Binds `address`, naming it when that fails.
pub(crate) async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener, DemoError> {
    tokio::net::TcpListener::bind(address).await.map_err(|source| DemoError::Listen { address, source })
}
