//! The model as a file: what `swarmlab simulate` reads, with what is measured and what is assumed of each part.

use swarmlab_simulate::{Balance, Call, Law, Load, Service, Step};

use crate::evidence::Sent;
use crate::fit::Calibration;
use crate::{Ground, Note};

/// The keys of a service, in the order in which they are written.
const KEYS: [&str; 13] = [
    "demand",
    "after",
    "wait",
    "cpu",
    "quota",
    "idle",
    "replicas",
    "concurrency",
    "balance",
    "start_up",
    "drain",
    "calls",
    "queue",
];

/// The text of the file. `run` is the folder; `remarks` are what is known of how it was read.
pub fn text(calibration: &Calibration, sent: &Sent, run: &str, remarks: &[String]) -> String {
    let model = &calibration.model;
    let mut out = String::new();
    comment(&mut out, 0, &format!("The services of {run} as a model, by `swarmlab calibrate`."));
    comment(
        &mut out,
        0,
        "What follows `measured` the run says; what follows `assumed` nothing says: look at it before you rely on a prediction.",
    );
    for remark in remarks.iter().chain(&calibration.remarks) {
        comment(&mut out, 0, remark);
    }
    for l in &calibration.left_out {
        comment(
            &mut out,
            0,
            &format!("not calibrated: {}: {}; its time is in the `wait` of who calls it", l.service, l.why),
        );
    }
    let name = |i: usize| model.services.get(i).map_or("", |s| s.name.as_str());
    out.push_str(&format!("entry: {}\nservices:\n", quoted(name(model.entry))));
    for (i, service) in model.services.iter().enumerate() {
        out.push_str(&format!("  {}:\n", quoted(&service.name)));
        let notes = calibration.notes.get(i).map_or(&[][..], Vec::as_slice);
        for key in KEYS {
            for note in notes.iter().filter(|n| n.key == key) {
                comment(&mut out, 4, &said(note));
            }
            if let Some(value) = value(service, key, &name) {
                out.push_str(&format!("    {key}: {value}\n"));
            }
        }
    }
    out.push_str("# How its clients behaved. How many there were is the shape's: `swarmlab simulate MODEL --shape SHAPE`.\n");
    out.push_str(&load(sent));
    out
}

/// A note as it is told.
pub fn said(note: &Note) -> String {
    let ground = match note.ground {
        Ground::Measured => "measured",
        Ground::Assumed => "assumed",
    };
    format!("{}, {ground}: {}", note.key, note.text)
}

fn value<'a>(service: &Service, key: &str, name: &dyn Fn(usize) -> &'a str) -> Option<String> {
    let time = |l: &Law| (*l != Law::NOTHING).then(|| law(l));
    match key {
        "demand" => Some(law(&service.before)),
        "after" => time(&service.after),
        "wait" => time(&service.wait),
        "cpu" => Some(number(service.limit_cores)),
        "quota" => service.quota.map(|_| "true".to_owned()),
        "idle" => (service.idle_cores > 0.0).then(|| number(service.idle_cores)),
        "replicas" => Some(service.replicas.to_string()),
        "concurrency" => service.concurrency.map(|n| n.to_string()),
        "queue" => service.queue.map(|n| n.to_string()),
        "balance" => match service.balance {
            Balance::RoundRobin => None,
            Balance::LeastRequest => Some("least-request".to_owned()),
            Balance::Random => Some("random".to_owned()),
        },
        "start_up" => time(&service.start_up),
        "drain" => Some(duration(service.drain_s)),
        "calls" => (!service.steps.is_empty()).then(|| {
            let call = |c: &Call| {
                let times =
                    if c.times == 1.0 { String::new() } else { format!(", times: {}", number(c.times)) };
                format!("{{ service: {}{times} }}", quoted(name(c.service)))
            };
            let step = |s: &Step| match s {
                Step::Sequential(c) => call(c),
                Step::Parallel(all) => {
                    format!("{{ parallel: [{}] }}", all.iter().map(call).collect::<Vec<_>>().join(", "))
                }
            };
            format!("[{}]", service.steps.iter().map(step).collect::<Vec<_>>().join(", "))
        }),
        _ => None,
    }
}

fn load(sent: &Sent) -> String {
    let timeout = sent.clients.timeout_s.map(|s| format!(", timeout: {}", duration(s))).unwrap_or_default();
    match &sent.clients.load {
        Load::Open { arrivals, .. } => {
            let word = match arrivals {
                swarmlab_shapes::Arrivals::Uniform => "uniform",
                swarmlab_shapes::Arrivals::Poisson => "poisson",
                swarmlab_shapes::Arrivals::Mmpp2(_) => "mmpp2",
            };
            format!("load: {{ model: open, arrivals: {word}{timeout} }}\n")
        }
        Load::Closed { think, .. } => {
            let requests = sent.requests.round().max(1.0);
            format!("load: {{ model: closed, think: {}, requests: {requests}{timeout} }}\n", law(think))
        }
    }
}

fn law(of: &Law) -> String {
    match of {
        Law::Constant { mean_s } => duration(*mean_s),
        Law::Exponential { mean_s } => format!("{{ law: exponential, mean: {} }}", duration(*mean_s)),
        Law::Lognormal { mean_s, scv } => {
            format!("{{ law: lognormal, mean: {}, scv: {} }}", duration(*mean_s), number(*scv))
        }
        Law::Gamma { mean_s, scv } => {
            format!("{{ law: gamma, mean: {}, scv: {} }}", duration(*mean_s), number(*scv))
        }
        Law::Uniform { min_s, max_s } => {
            format!("{{ between: [{}, {}] }}", duration(*min_s), duration(*max_s))
        }
        Law::Empirical(values) => {
            let values: Vec<String> = values.iter().map(|s| duration(*s)).collect();
            format!("{{ values: [{}] }}", values.join(", "))
        }
    }
}

/// Whole microseconds, in the unit that is read most easily.
fn duration(s: f64) -> String {
    let us = (s * 1e6).round().max(0.0);
    if us == 0.0 {
        return "0s".to_owned();
    }
    if us < 1e6 { format!("{}ms", us / 1e3) } else { format!("{}s", us / 1e6) }
}

/// Five digits are more than anybody measured.
fn number(v: f64) -> String {
    format!("{}", (v * 1e5).round() / 1e5)
}

/// A name as YAML takes it for a text.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain);
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        .contains(&name.to_ascii_lowercase().as_str());
    if is_plain && !is_word { name.to_owned() } else { format!("'{}'", name.replace('\'', "''")) }
}

/// A comment, folded.
fn comment(out: &mut String, indent: usize, text: &str) {
    const WIDTH: usize = 120;
    let mut line = String::new();
    let mut push = |line: &str| out.push_str(&format!("{:indent$}# {line}\n", ""));
    for word in text.split_whitespace() {
        if !line.is_empty() && line.len() + word.len() + indent + 3 > WIDTH {
            push(&line);
            line = "  ".to_owned();
        }
        if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(word);
    }
    push(&line);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_microseconds_and_names_are_texts() {
        assert_eq!(duration(0.0123456), "12.346ms");
        assert_eq!(
            (duration(1.5), duration(0.0), duration(2e-6)),
            ("1.5s".into(), "0s".into(), "0.002ms".into())
        );
        assert_eq!(
            (quoted("ms-web"), quoted("on"), quoted("7a")),
            ("ms-web".into(), "'on'".into(), "'7a'".into())
        );
    }
}
