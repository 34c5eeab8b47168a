//! What a stack's tasks write, as it comes or as it came.

use crate::connect::Engine;
use crate::error::SwarmError;
use crate::labels::short_name;
use crate::model::{ServiceView, TaskState, TaskView};
use crate::scale::find;
use crate::status::no_such_stack;
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt;
use serde::Serialize;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Between two looks for new tasks.
const POLL: Duration = Duration::from_secs(1);
/// How long a node may be silent before its past is taken for told: an answer may never come if the node is gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines that may wait for their reader.
const WAITING: usize = 256;

/// Which lines are wanted.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Go on with what is written from now on, also by tasks to come.
    pub follow: bool,
    /// The last so many lines of each task only.
    pub tail: Option<u32>,
    /// Lines from this time on only, in seconds since 1970.
    pub since_unix_s: Option<i32>,
    /// Ends it.
    pub cancel: CancellationToken,
}

/// A line of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Short name of its service and number of its replica, `web.1`.
    pub task: String,
    /// True if it went to standard error.
    pub stderr: bool,
    /// The line, without its end.
    pub text: String,
}

/// Tells what the tasks of a stack, or of one of its services (short or full name), write: each task's lines in their
/// order. Returns when all are told; with `follow`, when it is cancelled or the stack is gone.
///
/// # Errors
/// No such stack or service.
pub async fn logs(
    engine: &Engine,
    stack: &str,
    service: Option<&str>,
    options: &LogOptions,
    tell: &mut (dyn FnMut(LogLine) + Send),
) -> Result<(), SwarmError> {
    let (lines, mut told) = mpsc::channel(WAITING);
    let mut known = HashSet::new();
    let mut first = true;
    let mut lines = Some(lines);
    loop {
        let services = engine.stack_services(stack).await?;
        if services.is_empty() && !first {
            while let Ok(line) = told.try_recv() {
                tell(line);
            }
            return Ok(());
        }
        if services.is_empty() {
            return Err(no_such_stack(engine, stack).await?);
        }
        let only = service.map(|name| find(stack, &services, name)).transpose()?.map(|s| s.id.clone());
        for task in engine.stack_tasks(stack, false).await? {
            let wanted =
                only.as_ref().is_none_or(|id| *id == task.service_id) && task.state >= TaskState::Starting;
            if let Some(lines) = lines.as_ref().filter(|_| wanted && known.insert(task.id.clone())) {
                // What is new since the first look is told from its beginning.
                let tail = options.tail.filter(|_| first);
                let name = task_name(stack, &services, &task);
                tokio::spawn(read(engine.clone(), task, name, tail, options.clone(), lines.clone()));
            }
        }
        if !options.follow {
            // The last reader to end closes the channel.
            lines = None;
        }
        first = false;
        let look_again = tokio::time::sleep(POLL);
        tokio::pin!(look_again);
        loop {
            tokio::select! {
                () = options.cancel.cancelled() => return Ok(()),
                line = told.recv() => match line {
                    Some(line) => tell(line),
                    None => return Ok(()),
                },
                () = &mut look_again, if options.follow => break,
            }
        }
    }
}

fn task_name(stack: &str, services: &[ServiceView], task: &TaskView) -> String {
    let service = services.iter().find(|service| service.id == task.service_id);
    let service = service.map_or(task.service_id.clone(), |service| short_name(stack, &service.full));
    format!("{service}.{}", task.slot.map_or(task.node_id.clone(), |slot| slot.to_string()))
}

/// Reads one task's lines until they end, nobody wants them, or its node is silent.
async fn read(
    engine: Engine,
    task: TaskView,
    name: String,
    tail: Option<u32>,
    options: LogOptions,
    lines: mpsc::Sender<LogLine>,
) {
    let wanted = LogsOptions {
        stdout: true,
        stderr: true,
        follow: options.follow,
        since: options.since_unix_s.unwrap_or(0),
        tail: tail.map_or("all".to_string(), |n| n.to_string()),
        ..Default::default()
    };
    // A container on this engine answers at once and for itself.
    let here = !task.container_id.is_empty() && task.node_id == engine.info().node_id;
    let mut stream = if here {
        engine.docker().logs(&task.container_id, Some(wanted)).boxed()
    } else {
        engine.docker().task_logs(&task.id, Some(wanted)).boxed()
    };
    let mut halves = Halves::default();
    loop {
        let next = async {
            if options.follow {
                Ok(stream.next().await)
            } else {
                tokio::time::timeout(PATIENCE, stream.next()).await
            }
        };
        let chunk = tokio::select! {
            () = options.cancel.cancelled() => return,
            () = lines.closed() => return,
            next = next => match next {
                Ok(Some(Ok(chunk))) => chunk,
                // Its container is gone, its node is silent, or that was all: what is half told is told.
                Ok(Some(Err(_)) | None) | Err(_) => break,
            },
        };
        let stderr = matches!(chunk, LogOutput::StdErr { .. });
        for text in halves.take(stderr, &chunk.into_bytes()) {
            if lines.send(LogLine { task: name.clone(), stderr, text }).await.is_err() {
                return;
            }
        }
    }
    for (stderr, text) in halves.rest() {
        // Whoever does not listen any more needs no rest.
        let _ = lines.send(LogLine { task: name.clone(), stderr, text }).await;
    }
}

/// Chunks put together to lines, for each of the two streams.
#[derive(Default)]
struct Halves([Vec<u8>; 2]);

impl Halves {
    /// The lines that a chunk completes.
    fn take(&mut self, stderr: bool, chunk: &[u8]) -> Vec<String> {
        let half = &mut self.0[usize::from(stderr)];
        half.extend_from_slice(chunk);
        let Some(end) = half.iter().rposition(|byte| *byte == b'\n') else { return Vec::new() };
        let rest = half.split_off(end + 1);
        let whole = std::mem::replace(half, rest);
        String::from_utf8_lossy(&whole).lines().map(|line| line.trim_end_matches('\r').to_owned()).collect()
    }

    /// What was never ended.
    fn rest(self) -> Vec<(bool, String)> {
        let [out, err] = self.0.map(|half| String::from_utf8_lossy(&half).into_owned());
        [(false, out), (true, err)].into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_come() {
        let mut halves = Halves::default();
        assert_eq!(halves.take(false, b"one\ntw"), ["one"]);
        assert_eq!(halves.take(true, b"error\r\n"), ["error"]);
        assert_eq!(halves.take(false, b"o\n\nthr"), ["two", ""]);
        assert_eq!(halves.take(true, b"h\xffalf"), Vec::<String>::new());
        assert_eq!(halves.rest(), [(false, "thr".to_owned()), (true, "h\u{fffd}alf".to_owned())]);
    }
}
