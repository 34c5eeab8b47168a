//! The runtime and the signals of a command: the first Ctrl-C asks everything to end in order, the second
//! leaves at once and says what is left.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{Signal, SignalKind, signal};
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
    // Before a handler of ours takes its place: whoever was started by `nohup` goes on without a terminal.
    let goes_on = ignores_hang_ups();
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    let mut hang_up = if goes_on { None } else { signal(SignalKind::hangup()).ok() };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            // The terminal was closed: nobody reads any more, but the run is ended in order and reported. A shell that ends
            // says so a second time; that is no second Ctrl-C.
            () = hung_up(&mut hang_up) => {
                if cancel.is_cancelled() {
                    continue;
                }
            }
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

/// Waits for the terminal to be closed; for ever where nobody asked to be told.
async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP was ignored when this program was started (`SigIgn` of proc(5), a hexadecimal mask; SIGHUP is signal 1).
fn ignores_hang_ups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}
