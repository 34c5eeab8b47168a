//! What was calibrated, in words.

use swarmlab_calibrate::Calibration;
use swarmlab_simulate::{Law, Service, Step};

use super::CalibrateArgs;
use crate::cli::output;

/// The whole text.
pub(super) fn text(args: &CalibrateArgs, calibration: &Calibration, remarks: &[String]) -> String {
    const HEADING: [&str; 9] =
        ["service", "demand", "95 %", "law", "wait", "cores", "replicas", "start-up", "calls"];
    let services = &calibration.model.services;
    let name = |i: usize| services.get(i).map_or("", |s| s.name.as_str());
    let row = |(i, s): (usize, &Service)| {
        let ci = calibration.demands.get(i).map(|d| d.ci_s);
        let calls = s.steps.iter().flat_map(Step::calls);
        let calls: Vec<String> = calls.map(|c| format!("{} x {}", c.times, name(c.service))).collect();
        let quota = if s.quota.is_some() { ", quota" } else { "" };
        vec![
            s.name.clone(),
            ms(s.before.mean_s()),
            ci.map_or("-".to_owned(), |(low, high)| format!("{} to {}", ms(low), ms(high))),
            law(&s.before),
            if s.wait == Law::NOTHING { "-".to_owned() } else { ms(s.wait.mean_s()) },
            format!("{}{quota}", s.limit_cores),
            s.replicas.to_string(),
            if s.start_up == Law::NOTHING { "-".to_owned() } else { format!("{:.1} s", s.start_up.mean_s()) },
            if calls.is_empty() { "-".to_owned() } else { calls.join(", ") },
        ]
    };
    let rows: Vec<Vec<String>> = services.iter().enumerate().map(row).collect();
    let mut out = output::table(&HEADING, &rows);
    out.push('\n');
    for l in &calibration.left_out {
        out.push_str(&format!("not calibrated: {}: {}\n", l.service, l.why));
    }
    out.push_str(&assumed(calibration));
    for remark in remarks.iter().chain(&calibration.remarks) {
        out.push_str(&format!("remark: {remark}\n"));
    }
    if let Some(path) = &args.output {
        out.push_str(&format!("\nmodel: {}\n", path.display()));
    }
    out
}

/// What is assumed, each once with the services that it is assumed of.
pub(crate) fn assumed(calibration: &Calibration) -> String {
    let mut all: Vec<(String, Vec<&str>)> = Vec::new();
    for (i, service) in calibration.model.services.iter().enumerate() {
        for note in calibration.assumed(i) {
            let text = format!("{}: {}", note.key, note.text);
            match all.iter_mut().find(|(known, _)| *known == text) {
                Some((_, of)) => of.push(&service.name),
                None => all.push((text, vec![&service.name])),
            }
        }
    }
    all.iter().map(|(text, of)| format!("assumed of {}: {text}\n", of.join(", "))).collect()
}

fn law(of: &Law) -> String {
    match of {
        Law::Constant { .. } => "constant".to_owned(),
        Law::Exponential { .. } => "exponential".to_owned(),
        Law::Lognormal { scv, .. } => format!("lognormal, scv {scv:.2}"),
        Law::Gamma { scv, .. } => format!("gamma, scv {scv:.2}"),
        Law::Uniform { .. } => "uniform".to_owned(),
        Law::Empirical(_) => "values".to_owned(),
    }
}

fn ms(s: f64) -> String {
    format!("{:.3} ms", s * 1e3)
}
