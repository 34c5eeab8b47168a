//! `decisions.jsonl`: what the controllers of a run saw and decided, one JSON object a line, written at once.
//!
//! It holds all that is needed to decide again: the controllers as they were when the load began, what each was shown, and
//! what was said with those that are programs. What became of a decision is in `events.jsonl`, whose actions carry its
//! number.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use swarmlab_control::external::{Exchange, Promise};
use swarmlab_control::{Autoscaler, Bounds, Decision, Observation, Outcome};

use crate::action::Action;

/// The layout of the lines. It changes when a line of before would be misunderstood.
pub const FORMAT: u32 = 1;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Line {
    /// A controller, as it was before it was asked anything. Those of all services come first.
    Controller(Box<Controlled>),
    /// A decision.
    Decision(Box<Decided>),
    /// A line of a conversation with a program; all of one service replay it.
    Exchange(Said),
}

/// A service and who decides over it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Controlled {
    /// [`FORMAT`].
    pub format: u32,
    /// Short name of the service.
    pub service: String,
    /// Seconds between decisions.
    pub every_s: f64,
    /// Whether what it wants is done, or only noted.
    pub acts: bool,
    /// Who decides.
    pub by: By,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A controller of the house with its bounds, fresh.
    House(Autoscaler),
    /// A program.
    Command {
        /// Its name and arguments.
        command: Vec<String>,
        /// What holds for the service, whatever it answers.
        bounds: Bounds,
        /// Answers that take longer count as none, seconds.
        answer_within_s: f64,
        /// What is promised to users.
        slo: Promise,
        /// The seed of the run.
        seed: u64,
    },
}

impl By {
    /// What holds for the service, whatever is decided.
    pub fn bounds(&self) -> Bounds {
        match self {
            Self::House(autoscaler) => autoscaler.bounds,
            Self::Command { bounds, .. } => *bounds,
        }
    }

    /// The controller's word in files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::House(autoscaler) => autoscaler.strategy.name(),
            Self::Command { .. } => "command",
        }
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Its number in the session, from 0; actions of `events.jsonl` that it asked for carry it as `decision`.
    pub id: usize,
    /// What was shown to the controller: of the metrics those that it looked at.
    pub observation: Observation,
    /// What it decided, and why.
    pub decision: Decision,
    /// What that comes to, in order; empty where nothing is to be changed.
    pub wants: Vec<Action>,
}

impl Decided {
    /// Of what was shown and what came of it.
    pub fn of(id: usize, mut observation: Observation, decision: Decision) -> Self {
        observation.metrics.retain(|name, _| decision.seen.contains_key(name));
        let wants = wants(&observation, &decision);
        Self { id, observation, decision, wants }
    }
}

/// The actions that a decision comes to.
fn wants(observation: &Observation, decision: &Decision) -> Vec<Action> {
    if decision.outcome != Outcome::Change {
        return Vec::new();
    }
    let service = || decision.service.clone();
    let replicas = Some(decision.replicas).filter(|r| *r != observation.replicas.desired);
    let scale = replicas.map(|replicas| Action::Scale { service: service(), replicas });
    let limits = decision.cpu_limit_cores.map(|cores| Action::SetLimits {
        service: service(),
        cpu_cores: Some(cores),
        memory_bytes: None,
    });
    scale.into_iter().chain(limits).collect()
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Short name of the service that it is about.
    pub service: String,
    /// What, which way and when.
    pub exchange: Exchange,
}

/// A line as it stands in the file, without its end.
///
/// # Errors
/// A number that JSON cannot hold.
pub fn text(line: &Line) -> serde_json::Result<String> {
    serde_json::to_string(line)
}

/// Appends lines to the file.
pub struct DecisionLog {
    file: File,
}

impl DecisionLog {
    /// Opens a new file.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::options().create_new(true).append(true).open(path)? })
    }

    /// Writes one line and hands it to the kernel.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = text(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())
    }
}

/// Reads the lines of a file, each with its text; none of a file that is not there. A torn last line (a crash) is left out.
///
/// # Errors
/// What the disk refuses; the line that is none, by its number; a format that this version does not know.
pub fn read(path: &Path) -> io::Result<Vec<(Line, String)>> {
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let mut out = Vec::new();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((i, line)) = lines.next() {
        let invalid = |why: String| {
            io::Error::new(io::ErrorKind::InvalidData, format!("{}:{}: {why}", path.display(), i + 1))
        };
        match serde_json::from_str(line) {
            Ok(Line::Controller(c)) if c.format != FORMAT => {
                let why = format!("it has format {}, and this version reads {FORMAT}", c.format);
                return Err(invalid(why));
            }
            Ok(read) => out.push((read, line.to_owned())),
            Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {}
            Err(e) => return Err(invalid(e.to_string())),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_control::controllers::Fixed;
    use swarmlab_control::external::Way;
    use swarmlab_control::{Reading, Replicas};

    use super::*;

    fn lines() -> Vec<Line> {
        let autoscaler = Autoscaler::new(Bounds::default(), Fixed { replicas: 3 }.into());
        let observation = Observation {
            t_s: 100.1,
            service: "web".to_owned(),
            metrics: [("cpu".to_owned(), Reading::new(0.1 + 0.2, 1.0 / 3.0))].into(),
            replicas: Replicas { desired: 1, running: 1, ready: 1 },
            ..Observation::default()
        };
        let decision = autoscaler.clone().decide(&observation, 100.1);
        let decided = Decided::of(4, observation, decision);
        assert_eq!(decided.wants, [Action::Scale { service: "web".to_owned(), replicas: 3 }]);
        assert!(decided.observation.metrics.is_empty(), "this one looks at none");
        let exchange = Exchange { at_s: 1.5, way: Way::Heard, line: "{\"type\":\"ready\"}".to_owned() };
        vec![
            Line::Controller(Box::new(Controlled {
                format: FORMAT,
                service: "web".to_owned(),
                every_s: 15.0,
                acts: true,
                by: By::House(autoscaler),
            })),
            Line::Decision(Box::new(decided)),
            Line::Exchange(Said { service: "web".to_owned(), exchange }),
        ]
    }

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("decisions.jsonl");
        assert!(read(&path).unwrap().is_empty(), "a run without controllers has none");
        let mut log = DecisionLog::create(&path).unwrap();
        lines().iter().for_each(|l| log.write(l).unwrap());
        log.file.write_all(b"{\"is\":\"deci").unwrap();
        let read_back = read(&path).unwrap();
        assert_eq!(read_back.iter().map(|(l, _)| l.clone()).collect::<Vec<_>>(), lines());
        for (line, was) in &read_back {
            assert_eq!(&text(line).unwrap(), was, "the same bytes");
        }
        log.file.write_all(b"\n{}\n").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("decisions.jsonl:4"));
    }

    #[test]
    fn another_format_is_refused_by_its_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("decisions.jsonl");
        let text = text(&lines()[0]).unwrap().replace("\"format\":1", "\"format\":2");
        std::fs::write(&path, text + "\n").unwrap();
        let said = read(&path).unwrap_err().to_string();
        assert!(said.ends_with(":1: it has format 2, and this version reads 1"), "{said}");
    }
}
