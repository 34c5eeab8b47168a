//! The folder that a simulation writes.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use swarmlab_codes as codes;
use swarmlab_simulate::{Model, Second, Taken, Times};

use super::{Refused, SimulateArgs};

/// Files that grow second by second.
pub(super) struct Folder {
    root: PathBuf,
    seconds: BufWriter<File>,
    decisions: Option<BufWriter<File>>,
}

impl Folder {
    /// A new folder, with the files that were read in it.
    pub(super) fn create(root: &Path, args: &SimulateArgs) -> Result<Self, Refused> {
        let taken = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
        if taken {
            let message = format!("{} is there and not empty", root.display());
            return Err((message, Some("name another folder with -o".to_owned()), codes::OUTPUT_FILE));
        }
        std::fs::create_dir_all(root).map_err(|e| failed(root, &e))?;
        let copy = |from: &Path, name: &str| {
            let to = root.join(name);
            std::fs::copy(from, &to).map(drop).map_err(|e| failed(&to, &e))
        };
        copy(&args.model, "model.yml")?;
        if let Some(controllers) = &args.controllers {
            copy(controllers, "controllers.yml")?;
        }
        match args.shape.as_deref() {
            Some(text) if text.trim_start().starts_with('{') => {
                let to = root.join("shape.yml");
                std::fs::write(&to, format!("{text}\n")).map_err(|e| failed(&to, &e))?;
            }
            Some(path) => copy(path.as_ref(), "shape.yml")?,
            None => {}
        }
        let open = |name: &str| {
            let path = root.join(name);
            File::create(&path).map(BufWriter::new).map_err(|e| failed(&path, &e))
        };
        let decisions = args.controllers.as_ref().map(|_| open("decisions.jsonl")).transpose()?;
        Ok(Self { root: root.to_owned(), seconds: open("seconds.jsonl")?, decisions })
    }

    /// A second and the decisions in it.
    pub(super) fn add(&mut self, model: &Model, second: &Second, taken: &[Taken]) -> Result<(), Refused> {
        let written = writeln!(self.seconds, "{}", row(model, second));
        written.map_err(|e| failed(&self.root.join("seconds.jsonl"), &e))?;
        for decision in taken {
            let Some(decisions) = &mut self.decisions else { break };
            writeln!(decisions, "{}", json!(decision))
                .map_err(|e| failed(&self.root.join("decisions.jsonl"), &e))?;
        }
        Ok(())
    }

    /// The end: what it came to.
    pub(super) fn finish(mut self, summary: &Value) -> Result<(), Refused> {
        self.seconds.flush().map_err(|e| failed(&self.root.join("seconds.jsonl"), &e))?;
        if let Some(decisions) = &mut self.decisions {
            decisions.flush().map_err(|e| failed(&self.root.join("decisions.jsonl"), &e))?;
        }
        let path = self.root.join("summary.json");
        std::fs::write(&path, format!("{summary:#}\n")).map_err(|e| failed(&path, &e))
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Refused {
    (format!("cannot write {}: {error}", path.display()), None, codes::OUTPUT_FILE)
}

/// A line of `seconds.jsonl`.
fn row(model: &Model, second: &Second) -> Value {
    let clients = &second.clients;
    let times = |t: Times| json!({"mean_s": t.mean_s, "p50_s": t.p50_s, "p95_s": t.p95_s, "p99_s": t.p99_s});
    let mut services = Map::new();
    for (service, of) in model.services.iter().zip(&second.services) {
        let value = json!({
            "cpu_cores": of.cpu_s, "limit_cores": of.limit_cores, "throttled_s": of.throttled_s,
            "desired": of.desired, "starting": of.starting, "ready": of.ready, "draining": of.draining,
            "arrived": of.arrived, "answered": of.answered, "failed": of.failed,
            "in_service": of.in_service, "queued": of.queued,
            "response": times(Times::of(&of.response, of.response_sum_s)),
        });
        services.insert(service.name.clone(), value);
    }
    json!({
        "t_s": second.start_s,
        "clients": {
            "users": clients.users, "sent": clients.sent, "answered": clients.answered, "failed": clients.failed(),
            "in_flight": clients.in_flight, "response": times(Times::of(&clients.response, clients.response_sum_s)),
        },
        "services": services,
    })
}
