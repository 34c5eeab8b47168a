//! Exit codes: a closed, documented list (docs/reference.md prints the same table), and which failure has which.

use swarmlab_analysis::assemble::AssembleError;
use swarmlab_lab::RunError;
use swarmlab_present::recompute::RecomputeError;
use swarmlab_swarm::SwarmError;
use swarmlab_testbed::TestbedError;
use swarmlab_trial::Waited;

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

/// Exit code of a run's failure.
pub fn run_exit(e: &RunError) -> Exit {
    match e {
        RunError::Interrupted
        | RunError::Testbed(
            TestbedError::Interrupted | TestbedError::Swarm(SwarmError::Interrupted { .. }),
        ) => Exit::Interrupted,
        RunError::Testbed(e) => testbed_exit(e),
        RunError::Load(_) => Exit::BadInput,
        RunError::Rule { .. } | RunError::Recompute(RecomputeError::Assemble(AssembleError::NoWindow)) => {
            Exit::NoMeasurement
        }
        RunError::Recompute(RecomputeError::Manifest(_)) | RunError::Stack(_) => Exit::BadInput,
        RunError::Overdue(Waited::Up | Waited::Down) => Exit::Stack,
        RunError::Overdue(Waited::Load | Waited::Close)
        | RunError::LoadShort { .. }
        | RunError::Io { .. }
        | RunError::Recompute(_) => Exit::Failure,
    }
}

/// Exit code of the stack engine's error.
pub fn swarm_exit(e: &SwarmError) -> Exit {
    match e.code() {
        "interrupted" => Exit::Interrupted,
        "no-such-stack" | "no-such-service" | "not-scalable" | "external-missing" => Exit::BadInput,
        "not-converged" | "down-timeout" | "contention" => Exit::Stack,
        "engine-error" => Exit::Failure,
        _ => Exit::Environment,
    }
}

/// Exit code of a testbed's error.
pub fn testbed_exit(e: &TestbedError) -> Exit {
    match e {
        TestbedError::Swarm(s) => swarm_exit(s),
        TestbedError::PortTaken { .. } | TestbedError::NoNodeAddress { .. } => Exit::Environment,
        TestbedError::NotPublished { .. }
        | TestbedError::NotEmbeddable { .. }
        | TestbedError::NoPrometheus => Exit::BadInput,
        TestbedError::TargetsDown(_)
        | TestbedError::NoProof(_)
        | TestbedError::Telemetry(_)
        | TestbedError::Child { .. } => Exit::Stack,
        TestbedError::Io { .. } => Exit::Failure,
        TestbedError::Interrupted => Exit::Interrupted,
    }
}
