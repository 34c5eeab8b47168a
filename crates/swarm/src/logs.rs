//! The last lines a task wrote.

use crate::connect::Engine;
use crate::model::TaskView;
use bollard::container::LogOutput;
use bollard::errors::Error as ApiError;
use bollard::query_parameters::LogsOptions;
use futures_util::{Stream, StreamExt};
use std::time::Duration;

/// How long a node may take to send a task's lines: an answer may never come if the node is gone.
const PATIENCE: Duration = Duration::from_secs(3);
/// Longest line kept, in characters.
const LINE_CHARS: usize = 400;

/// The last `lines` lines of a task, oldest first. Where they cannot be had, one line says why.
pub(crate) async fn last_lines(engine: &Engine, task: &TaskView, lines: usize) -> Vec<String> {
    let options =
        || LogsOptions { stdout: true, stderr: true, tail: lines.to_string(), ..Default::default() };
    if !task.container_id.is_empty() {
        // The container's own log answers at once if the container is on this engine.
        if let Ok(found) = collect(engine.docker().logs(&task.container_id, Some(options())), lines).await {
            return found;
        }
    }
    if task.container_id.is_empty() || task.node_id == engine.info().node_id {
        return Vec::new();
    }
    match collect(engine.docker().task_logs(&task.id, Some(options())), lines).await {
        Ok(found) => found,
        Err(why) => vec![format!("(no log: {why})")],
    }
}

async fn collect(
    stream: impl Stream<Item = Result<LogOutput, ApiError>>,
    lines: usize,
) -> Result<Vec<String>, String> {
    let mut stream = std::pin::pin!(stream);
    let mut text = Vec::new();
    let read = async {
        while let Some(chunk) = stream.next().await {
            text.extend_from_slice(&chunk.map_err(|error| error.to_string())?.into_bytes());
        }
        Ok(())
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Err(why)) => return Err(why),
        Err(_) if text.is_empty() => return Err("its node does not answer".to_string()),
        // What came until then is better than nothing.
        Ok(Ok(())) | Err(_) => {}
    }
    Ok(tail(&text, lines))
}

fn tail(text: &[u8], lines: usize) -> Vec<String> {
    let text = String::from_utf8_lossy(text);
    let all: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let from = all.len().saturating_sub(lines);
    all[from..].iter().map(|line| line.chars().take(LINE_CHARS).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_that_say_something() {
        assert_eq!(tail(b"one\n\ntwo\r\nthree\n", 2), ["two", "three"]);
        assert_eq!(tail(b"", 10), Vec::<String>::new());
        assert_eq!(tail(b"half \xff line", 10), ["half \u{fffd} line"]);
        assert_eq!(tail("é".repeat(1_000).as_bytes(), 1)[0].chars().count(), LINE_CHARS);
    }
}
