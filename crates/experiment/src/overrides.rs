//! A quick change of an experiment from the command line: variables, length and level, without another file.

use std::collections::BTreeMap;
use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::{Constant, Scale};
use swarmlab_yaml::Value;

use super::{Load, ModelKind, TestbedChoice, With};
use swarmlab_stackfile::is_secret_name;

/// How much load, instead of the shape's level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Level {
    /// Requests per second, all along.
    Rate(f64),
    /// Users, all along.
    Users(u32),
}

/// What the command line changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// Variables of the stack file; they go before those of the experiment.
    pub set: BTreeMap<String, String>,
    /// Length of the load: its shape is stretched or pressed to it.
    pub duration: Option<Duration>,
    /// A constant level instead of the shape.
    pub level: Option<Level>,
    /// The testbed that it will be, where that is decided: whatever depends on it is judged by this one, and not by what the
    /// file says.
    pub testbed: Option<TestbedChoice>,
    /// Keys of the experiment; a later one goes before an earlier.
    pub with: Vec<With>,
    /// Seed of everything random.
    pub seed: Option<u64>,
}

impl Overrides {
    /// The changes as they stood on the command line, for the record.
    pub fn words(&self) -> Vec<String> {
        // Of what is called like a secret the name alone is written down; whoever runs it again sets it again.
        let word = |(name, value): (&String, &String)| match is_secret_name(name) {
            true => format!("--set {name}"),
            false => format!("--set {name}={value}"),
        };
        let mut out: Vec<String> = self.set.iter().map(word).collect();
        out.extend(self.with.iter().map(With::word));
        out.extend(self.duration.map(|d| format!("--duration {}s", d.as_secs_f64())));
        out.extend(self.level.map(|level| match level {
            Level::Rate(rate) => format!("--rate {rate}"),
            Level::Users(users) => format!("--users {users}"),
        }));
        out.extend(self.seed.map(|seed| format!("--seed {seed}")));
        out
    }

    /// Changes a load that was read; `value` is its element, for what does not fit it.
    pub(super) fn apply(&self, load: &mut Load, value: &Value<'_>) {
        let (flag, level, model) = match (self.level, load.model) {
            (None, _) => ("", None, ""),
            (Some(Level::Rate(rate)), ModelKind::Open { .. }) => ("", Some(rate), ""),
            (Some(Level::Users(users)), ModelKind::Closed { .. }) => ("", Some(f64::from(users)), ""),
            (Some(Level::Rate(_)), ModelKind::Closed { .. }) => ("--rate", None, "open"),
            (Some(Level::Users(_)), ModelKind::Open { .. }) => ("--users", None, "closed"),
        };
        if !flag.is_empty() {
            let other = if model == "open" { "--users" } else { "--rate" };
            let message = format!("{flag} needs `model: {model}`");
            let model = value.mapping().and_then(|map| map.get("model")).unwrap_or_else(|| value.clone());
            value.cx().push(model.error(codes::NOT_IN_THIS_MODEL, message).help(format!("use {other} here")));
        }
        let length_s = load.shape.duration_s();
        let wanted_s = self.duration.map_or(length_s, |d| d.as_secs_f64());
        if let Some(level) = level {
            load.shape = Shape::Constant(Constant { level, duration_s: wanted_s });
        } else if self.duration.is_some() && length_s > 0.0 {
            let of = Box::new(load.shape.clone());
            load.shape = Shape::Scale(Scale { factor: 1.0, stretch: wanted_s / length_s, of });
        }
        if let Err(e) = load.shape.validate() {
            value
                .cx()
                .push(value.error(codes::BAD_VALUE, format!("with what the command line changes: {e}")));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(model: &str, overrides: &Overrides) -> Result<crate::Experiment, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", "services:\n  web: { image: nginx, hostname: \"${HOST:-a}\" }\n");
        write("shape.yml", "shape: ramp\nfrom: 0\nto: 10\nduration: 30s\n");
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write(
            "experiment.yml",
            &format!(
                "name: a\nstack: stack.yml\nvariables: {{ HOST: b }}\ntarget: {{ service: web, port: 80 }}\n\
                 load: {{ model: {model}, shape: shape.yml, scenario: scenario.yml }}\n"
            ),
        );
        let read = crate::read_with(&folder.path().join("experiment.yml"), &|_| None, overrides);
        read.map(|loaded| loaded.experiment).map_err(|e| e.to_string())
    }

    #[test]
    fn a_level_takes_the_place_of_the_shape_and_a_length_stretches_it() {
        let level = Overrides { level: Some(Level::Rate(50.0)), ..Overrides::default() };
        let shape = read("open", &level).unwrap().load.shape;
        assert_eq!((shape.duration_s(), shape.value_at(1.0)), (30.0, 50.0));
        let both = Overrides { duration: Some(Duration::from_secs(5)), ..level };
        assert_eq!(read("open", &both).unwrap().load.shape.duration_s(), 5.0);
        let longer = Overrides { duration: Some(Duration::from_secs(60)), ..Overrides::default() };
        let shape = read("open", &longer).unwrap().load.shape;
        assert_eq!((shape.duration_s(), shape.value_at(30.0)), (60.0, 5.0));
        assert_eq!(both.words(), ["--duration 5s", "--rate 50"]);
    }

    #[test]
    fn secrets_of_the_command_line_are_not_written_down() {
        let set = [("DB_PASSWORD", "hunter2"), ("HOST", "h")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let overrides = Overrides { set: set.into(), ..Overrides::default() };
        assert_eq!(overrides.words(), ["--set DB_PASSWORD", "--set HOST=h"]);
    }

    #[test]
    fn what_does_not_fit_the_model_is_refused() {
        let rate = Overrides { level: Some(Level::Rate(5.0)), ..Overrides::default() };
        let said = read("closed", &rate).unwrap_err();
        assert!(said.contains("--rate needs `model: open`") && said.contains("use --users here"), "{said}");
        let users = Overrides { level: Some(Level::Users(5)), ..Overrides::default() };
        assert!(read("open", &users).is_err());
        assert_eq!(read("closed", &users).unwrap().load.shape.value_at(0.0), 5.0);
    }

    #[test]
    fn variables_go_before_those_of_the_file_and_must_exist() {
        let set = |name: &str| Overrides {
            set: BTreeMap::from([(name.to_owned(), "c".to_owned())]),
            ..Overrides::default()
        };
        assert_eq!(read("open", &set("HOST")).unwrap().variables["HOST"], "c");
        let said = read("open", &set("HOTS")).unwrap_err();
        assert!(said.contains("has no variable `HOTS`") && said.contains("did you mean `HOST`?"), "{said}");
    }
}
