//! Exit codes: a closed, documented list (docs/reference.md prints the same table). Which failure has which, the table of
//! error codes says.

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
    /// The figures are not valid and `--require-valid` was given; or they are worse than a baseline ([`Exit::REGRESSION`]).
    Invalid = 6,
    /// An objective was missed: `slo` or `checks` of the experiment, `--max-p95`, `--max-errors` or `--check` of `load`; or
    /// an iteration under `--debug` did not go as its scenario expects.
    Objective = 7,
    /// Interrupted; what was measured is reported as partial.
    Interrupted = 130,
}

impl Exit {
    /// `check-regression` found a figure worse than the baseline: like figures that are not valid, it must not go through a
    /// pipeline, and that command tells runs that are not valid otherwise (`E751`, exit code 2).
    pub const REGRESSION: Self = Self::Invalid;

    /// How the command ends because of an error: the table of codes has it.
    pub fn of(code: swarmlab_codes::Code) -> Self {
        let all = [
            Self::Success,
            Self::BadInput,
            Self::Environment,
            Self::Stack,
            Self::NoMeasurement,
            Self::Invalid,
            Self::Objective,
            Self::Interrupted,
        ];
        all.into_iter().find(|exit| *exit as u8 == code.exit()).unwrap_or(Self::Failure)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(e: Exit) -> Self {
        Self::from(e as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn the_table_of_codes_knows_no_other_exit_codes() {
        for code in swarmlab_codes::all() {
            assert_eq!(Exit::of(code) as u8, code.exit(), "{code}");
        }
    }
}
