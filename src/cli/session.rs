//! The runtime and the signals of a command: the first Ctrl-C asks everything to end in order, the second
//! leaves at once and says what is left.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::exit::Exit;

/// What a second Ctrl-C would leave behind, kept up to date by whoever changes it.
#[derive(Debug, Clone, Default)]
pub struct Left(Arc<Mutex<Vec<String>>>);

impl Left {
    /// Replaces the list.
    pub fn set(&self, left: Vec<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    fn get(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs a command's future with signals wired to a token.
pub fn block_on<F, Fut>(work: F) -> Exit
where
    F: FnOnce(CancellationToken, Left) -> Fut,
    Fut: Future<Output = Exit>,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(r) => r,
        Err(e) => {
            return super::output::fail(
                &format!("the runtime could not be started: {e}"),
                None,
                false,
                swarmlab_codes::NO_RUNTIME,
            );
        }
    };
    let cancel = CancellationToken::new();
    let left = Left::default();
    let exit = runtime.block_on(async {
        let watcher = tokio::spawn(signals(cancel.clone(), left.clone()));
        let exit = work(cancel, left).await;
        watcher.abort();
        exit
    });
    runtime.shutdown_background();
    exit
}

async fn signals(cancel: CancellationToken, left: Left) {
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hang_up)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            // The terminal was closed: nobody reads any more, but the run is ended in order and reported.
            _ = hang_up.recv() => {}
        }
        if cancel.is_cancelled() {
            tell!("\ninterrupted twice: leaving at once");
            for line in left.get() {
                tell!("  left behind: {line}");
            }
            std::process::exit(i32::from(Exit::Interrupted as u8));
        }
        tell!("\ninterrupted: ending in order (once more leaves at once)");
        cancel.cancel();
    }
}
