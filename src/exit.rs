//! Exit codes: a closed, documented list (docs/reference.md prints the same table).

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Success = 0,
    /// Something unexpected: a disk error, a bug.
    Failure = 1,
    /// Bad input: arguments, files; nothing was started.
    BadInput = 2,
    /// The environment lacks something: no engine, not a manager, image missing, port taken.
    Environment = 3,
    /// The stack did not become ready, or broke during the run.
    Stack = 4,
    /// The target answered no request, or the run measured nothing.
    NoMeasurement = 5,
    /// The figures are not valid and `--require-valid` was given.
    Invalid = 6,
    /// Interrupted; what was measured is reported as partial.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(e: Exit) -> Self {
        Self::from(e as u8)
    }
}
