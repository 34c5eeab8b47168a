//! The past of any Prometheus: what it kept, fetched piece by piece, whole or not at all.
//!
//! A question is cut into pieces that Prometheus answers (at most 11,000 points a series) and whose windows share no
//! moment, so that no sample is told twice and none is left out. Each piece is read as it comes and written down as a part
//! beside the output ([`Parts`]); what was cut off or refused for the moment is asked for again, what Prometheus finds too
//! much in halves. A command that ended early goes on from the parts that are there. When all are there they are joined
//! ([`Joined`]) in a bounded amount of memory.
//!
//! | module | owns |
//! |---|---|
//! | [`plan`] | what is asked for, and the pieces of it; pure |
//! | [`address`] | an address, credentials, certificates |
//! | `http`, `body` | one request, the bytes of its answer |
//! | [`ask`] | one question: what an answer means, and when it is asked again |
//! | [`mod@fetch`] | all pieces, several at a time |
//! | [`stop`] | the wish that it end early |
//! | [`parts`], [`join`] | parts on the disk or in memory, and what they make together |
//! | [`mod@readings`] | raw samples as those of a stack's services, by catalogues |

pub mod address;
pub mod ask;
mod body;
pub mod fetch;
mod http;
pub mod join;
pub mod parts;
pub mod plan;
pub mod readings;
pub mod stop;

#[cfg(test)]
mod scripted;
#[cfg(test)]
mod tests;

pub use address::{Access, Address, Login, Secret};
pub use ask::{Asker, Patience};
pub use fetch::{Job, News, fetch};
pub use join::Joined;
pub use parts::Parts;
pub use plan::{Piece, Plan, Wanted, Window};
pub use readings::{Found, readings};
pub use stop::Stop;

use std::path::PathBuf;

use swarmlab_codes as codes;

/// Why the past could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The address cannot be one.
    #[error("{url} is no address of a Prometheus: {why}")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Credentials or certificates that cannot be used.
    #[error("{what} cannot be used: {why}")]
    Access {
        /// Which.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// 401 or 403.
    #[error("Prometheus at {url} wants other credentials: it answers {status}{words}")]
    Login {
        /// Where.
        url: String,
        /// The status.
        status: u16,
        /// What it says, behind a colon; may be empty.
        words: String,
    },
    /// It never answers this.
    #[error("Prometheus refuses the query `{promql}`: {words}")]
    Refused {
        /// What was asked.
        promql: String,
        /// What it says.
        words: String,
    },
    /// Another program.
    #[error("what answers at {url} is no Prometheus: {why}")]
    NotPrometheus {
        /// Where.
        url: String,
        /// What it answers.
        why: String,
    },
    /// However often it was asked.
    #[error("Prometheus at {url} does not answer: {why} (asked {tries} times)")]
    Silent {
        /// Where.
        url: String,
        /// How the last try ended.
        why: String,
        /// How often.
        tries: u32,
    },
    /// An answer that cannot be kept.
    #[error("Prometheus at {url} gave an answer that cannot be kept: {why}")]
    Odd {
        /// Where.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A window that cannot be asked for.
    #[error("{0}")]
    Window(String),
    /// Parts of something else.
    #[error("{} holds an unfinished output of another {what}: {theirs}, not {ours}", folder.display())]
    OtherParts {
        /// The folder.
        folder: PathBuf,
        /// In what it differs.
        what: &'static str,
        /// As it was.
        theirs: String,
        /// As it is asked for now.
        ours: String,
    },
    /// Another command fetches them.
    #[error("another command writes {}", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// Somebody wanted it to end early.
    #[error("interrupted")]
    Interrupted,
    /// A part that is damaged.
    #[error("{} is damaged: {why}", path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

impl PastError {
    /// Its number and name.
    pub fn code(&self) -> codes::Code {
        match self {
            Self::Address { .. } | Self::Access { .. } => codes::BAD_ARGUMENTS,
            Self::Login { .. } => codes::PROMETHEUS_LOGIN,
            Self::Refused { .. } => codes::REFUSED_QUERY,
            Self::NotPrometheus { .. } => codes::NOT_PROMETHEUS,
            Self::Silent { .. } => codes::PROMETHEUS_SILENT,
            Self::Odd { .. } => codes::ODD_ANSWER,
            Self::Window(_) => codes::BAD_PAST_WINDOW,
            Self::OtherParts { .. } => codes::OTHER_PARTS,
            Self::Busy { .. } => codes::PARTS_BUSY,
            Self::Interrupted => codes::INTERRUPTED,
            Self::Part { .. } => codes::BAD_STORE,
            Self::Io { .. } => codes::RUN_IO,
        }
    }

    pub(crate) fn io(
        action: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
