//! A controller that is a program: a child process, JSON lines on its standard input and output.
//!
//! It never outlives the run: it is told by the end of its input, and killed with what it started a moment later. Where
//! swarmlab itself is killed, its input ends as well.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use swarmlab_control::external::LONGEST_LINE;
use swarmlab_experiment::ControllerCommand;
use swarmlab_swarm::CancellationToken;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

use super::ProgramId;
use crate::inbox::Letter;

/// Questions that may wait until it reads; who does not read is late.
const QUESTIONS: usize = 16;
/// Lines that are heard of one question; more are a flood, and passed over.
const LINES: u32 = 100;
/// Last lines of its standard error that are told when it ends.
const LAST_WORDS: usize = 10;
/// The longest of them, bytes.
const LONGEST_WORDS: usize = 400;
/// How long it has to end by itself, when its input ended.
const FAREWELL: Duration = Duration::from_millis(300);

/// What is heard of a program.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A line, without its end; of one that is too long, its beginning.
    Line(String),
    /// It ended by itself: how, words that follow its name.
    Ended(String),
}

/// A program that runs; dropped, it ends.
pub(super) struct Program {
    questions: mpsc::Sender<String>,
    lines: Arc<AtomicU32>,
    end: CancellationToken,
}

impl Program {
    /// Starts it. What it says goes to the inbox.
    pub fn start(
        command: &ControllerCommand,
        id: ProgramId,
        inbox: mpsc::Sender<Letter>,
    ) -> std::io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .current_dir(&command.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt of the terminal is for the run, which then ends it; and what it starts ends with it.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (questions, asked) = mpsc::channel(QUESTIONS);
        let (lines, end) = (Arc::new(AtomicU32::new(LINES)), CancellationToken::new());
        let words = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(write(stdin, asked, end.clone()));
        }
        let errors =
            child.stderr.take().map(|e| tokio::spawn(last_words(BufReader::new(e), Arc::clone(&words))));
        let answers = child
            .stdout
            .take()
            .map(|out| tokio::spawn(listen(BufReader::new(out), id, inbox.clone(), Arc::clone(&lines))));
        let stop = end.clone();
        tokio::spawn(async move {
            let Some(how) = keep(child, stop).await else { return };
            // What it said before it ended comes before its end; but one that it started may hold its output open.
            for reading in [answers, errors].into_iter().flatten() {
                let _ = tokio::time::timeout(FAREWELL, reading).await;
            }
            let words: Vec<String> =
                words.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
            let said =
                if words.is_empty() { String::new() } else { format!("; it said: {}", words.join(" / ")) };
            let _ = inbox.send(Letter::Controller(id, Heard::Ended(format!("ended ({how}){said}")))).await;
        });
        Ok(Self { questions, lines, end })
    }

    /// Sends a line. One that is not taken is as good as one that is not answered.
    pub fn tell(&self, line: String) {
        self.lines.store(LINES, Ordering::Relaxed);
        let _ = self.questions.try_send(line);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

/// How it ended by itself; nothing where it was made to.
async fn keep(mut child: Child, stop: CancellationToken) -> Option<String> {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    let ended = tokio::select! {
        ended = child.wait() => Some(ended.map_or_else(|e| e.to_string(), |status| status.to_string())),
        () = stop.cancelled() => {
            let _ = tokio::time::timeout(FAREWELL, child.wait()).await;
            None
        }
    };
    if let Some(group) = group {
        // Nobody is left in it, mostly.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait().await;
    ended
}

async fn write(mut stdin: ChildStdin, mut asked: mpsc::Receiver<String>, stop: CancellationToken) {
    loop {
        let line = tokio::select! {
            line = asked.recv() => line,
            () = stop.cancelled() => None,
        };
        let Some(line) = line else { return };
        let bytes = [line.as_bytes(), b"\n"].concat();
        let written = tokio::select! {
            written = stdin.write_all(&bytes) => written.is_ok(),
            () = stop.cancelled() => false,
        };
        // One that closed its input may still say something; its end is told by its end.
        if !written || stdin.flush().await.is_err() {
            return;
        }
    }
}

async fn listen(
    mut out: impl AsyncBufRead + Unpin,
    id: ProgramId,
    inbox: mpsc::Sender<Letter>,
    allowed: Arc<AtomicU32>,
) {
    while let Some(line) = line(&mut out, LONGEST_LINE + 1).await {
        let allowed =
            allowed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok();
        if allowed && inbox.send(Letter::Controller(id, Heard::Line(line))).await.is_err() {
            return;
        }
    }
}

async fn last_words(mut errors: impl AsyncBufRead + Unpin, words: Arc<Mutex<VecDeque<String>>>) {
    while let Some(line) = line(&mut errors, LONGEST_WORDS).await {
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(line);
    }
}

/// The next line, of which no more is kept than `most` bytes; none at the end.
async fn line(from: &mut (impl AsyncBufRead + Unpin), most: usize) -> Option<String> {
    let mut line = Vec::new();
    loop {
        let chunk = from.fill_buf().await.ok()?;
        if chunk.is_empty() {
            return (!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned());
        }
        let end = chunk.iter().position(|b| *b == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&part[..part.len().min(most.saturating_sub(line.len()))]);
        let used = end.map_or(chunk.len(), |i| i + 1);
        from.consume(used);
        if end.is_some() {
            return Some(String::from_utf8_lossy(&line).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const ID: ProgramId = ProgramId { trial: 0, place: 0 };

    fn script(text: &str) -> ControllerCommand {
        ControllerCommand {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), text.to_owned()],
            folder: "/".into(),
            answer_within: Duration::from_secs(1),
        }
    }

    async fn heard(inbox: &mut mpsc::Receiver<Letter>) -> Heard {
        match tokio::time::timeout(Duration::from_secs(20), inbox.recv()).await.unwrap() {
            Some(Letter::Controller(ID, heard)) => heard,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn lines_go_in_and_out_and_its_last_words_are_told() {
        let (inbox, mut letters) = mpsc::channel(8);
        let echo = "read a; echo \"got $a\"; echo no such thing >&2; exit 3";
        let program = Program::start(&script(echo), ID, inbox).unwrap();
        program.tell("hello".to_owned());
        assert!(matches!(heard(&mut letters).await, Heard::Line(l) if l == "got hello"));
        let Heard::Ended(how) = heard(&mut letters).await else { panic!() };
        assert_eq!(how, "ended (exit status: 3); it said: no such thing");
    }

    #[tokio::test]
    async fn it_ends_with_the_run_and_so_does_what_it_started() {
        let (inbox, mut letters) = mpsc::channel(8);
        // It does not listen, and neither does its child.
        let deaf = "trap '' TERM INT; sleep 1000 & echo $!; while :; do sleep 1000; done";
        let program = Program::start(&script(deaf), ID, inbox).unwrap();
        let Heard::Line(pid) = heard(&mut letters).await else { panic!() };
        drop(program);
        let gone = |pid: &str| match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            // Nobody has looked after it yet, but it does not run.
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while !gone(pid.trim()) {
            assert!(std::time::Instant::now() < deadline, "{pid} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // That it was made to end is no news.
        assert!(letters.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_flood_is_bounded_also_within_a_line() {
        let (inbox, mut letters) = mpsc::channel(8);
        let flood = "head -c 3000000 /dev/zero | tr '\\0' x; echo; i=0; while [ $i -lt 500 ]; do echo $i; i=$((i+1)); done";
        let _program = Program::start(&script(flood), ID, inbox).unwrap();
        let Heard::Line(long) = heard(&mut letters).await else { panic!() };
        assert_eq!(long.len(), LONGEST_LINE + 1);
        let mut lines = 1;
        while let Heard::Line(_) = heard(&mut letters).await {
            lines += 1;
        }
        assert_eq!(lines, LINES);
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let missing = ControllerCommand { program: "/nowhere/mine".into(), ..script("") };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (inbox, _letters) = mpsc::channel(8);
        assert!(runtime.block_on(async { Program::start(&missing, ID, inbox).is_err() }));
    }
}
