//! A run's summary on the terminal.

use std::collections::BTreeMap;

use console::Style;

use super::output;
use swarmlab_intervals::ErrorKind;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::summary::{Status, Summary};

/// Prints what was found, headline figures, verdicts and where the report is.
pub fn print(summary: &Summary, folder: &RunFolder, json: bool) {
    let value = serde_json::json!({
        "event": "finished",
        "folder": folder.root().display().to_string(),
        "report": folder.report().display().to_string(),
        "summary": summary,
    });
    output::say(json, &value, text(summary, folder).trim_end());
}

fn text(summary: &Summary, folder: &RunFolder) -> String {
    let rows: Vec<Vec<String>> = summary
        .headline
        .iter()
        .map(|f| {
            let mut remark = f.uncertainty.clone();
            if !f.note.is_empty() {
                if !remark.is_empty() {
                    remark.push_str("; ");
                }
                remark.push_str(&f.note);
            }
            vec![f.label.clone(), format!("{} {}", f.value, f.unit).trim().to_owned(), remark]
        })
        .collect();
    let mut out = format!("\n{}\n\n", summary.sentence);
    out.push_str(&output::table(&["figure", "value", ""], &rows));
    out.push_str(&answers(summary));
    out.push_str("\nverdicts\n");
    for v in &summary.verdicts {
        out.push_str(&format!("  {}  {}\n", style(v.status).apply_to(v.status.word()), v.title));
        if v.status == Status::NotJudged {
            for reason in &v.because {
                out.push_str(&format!("        {reason}\n"));
            }
        }
        if v.status >= Status::Warn {
            let figures = v.figures.iter().map(|f| format!("{}: {} {} {}", f.label, f.value, f.unit, f.note));
            let lines: Vec<String> = if v.because.is_empty() { figures.collect() } else { v.because.clone() };
            for line in lines {
                out.push_str(&format!("        {}\n", line.trim_end()));
            }
        }
    }
    for n in summary.notes.iter().filter(|n| n.status >= Status::Warn) {
        out.push_str(&format!("  {}  {}\n", style(n.status).apply_to(n.status.word()), n.text));
    }
    out.push_str(&format!("\nreport: {}\n", folder.report().display()));
    out
}

/// Which answers came and how requests failed, by endpoint; then what each failure means, and the first of each kind.
fn answers(summary: &Summary) -> String {
    let endpoints = &summary.endpoints;
    let Some(all) =
        endpoints.last().filter(|e| e.sent.unwrap_or(0) + e.failed.unwrap_or(0) + e.completed > 0)
    else {
        return String::new();
    };
    // Of one endpoint all together says the same once more, unless something failed before it was of any.
    let is_repeated =
        |name: &str| name == ALL_ENDPOINTS && endpoints.len() == 2 && all.failed == endpoints[0].failed;
    let named = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(name, n)| format!("{name}: {n}")).collect::<Vec<_>>().join(", ")
    };
    let rows: Vec<Vec<String>> = endpoints
        .iter()
        .filter(|e| !is_repeated(&e.endpoint))
        .map(|e| {
            let name = if e.endpoint == ALL_ENDPOINTS { "all" } else { &e.endpoint };
            let known = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
            let counts = [known(e.sent), known(e.failed), named(&e.statuses), named(&e.errors)];
            [name.to_owned()].into_iter().chain(counts).collect()
        })
        .collect();
    let mut out = format!(
        "\n{}",
        output::table(&["endpoint", "sent", "failed", "answers by status", "failures"], &rows)
    );
    for kind in all.errors.keys().filter_map(|name| ErrorKind::named(name)) {
        out.push_str(&format!("  {kind}: {}\n    look at: {}\n", kind.means(), kind.advice()));
    }
    for sentence in &summary.failures {
        out.push_str(&format!("  {sentence}\n"));
    }
    out
}

fn style(status: Status) -> Style {
    match status {
        Status::Info | Status::NotJudged => Style::new().dim(),
        Status::Pass => Style::new().green(),
        Status::Warn => Style::new().yellow(),
        Status::Fail => Style::new().red().bold(),
    }
}

#[cfg(test)]
mod tests {
    use swarmlab_record::manifest::{Origin, State};
    use swarmlab_record::summary::{Counts, EndpointFigures};

    use super::*;

    fn figures(endpoint: &str, failed: u64) -> EndpointFigures {
        let errors = [("unexpected_status".to_owned(), failed)].into_iter().filter(|(_, n)| *n > 0);
        EndpointFigures {
            endpoint: endpoint.to_owned(),
            sent: Some(100),
            completed: 100,
            succeeded: Some(100 - failed),
            failed: Some(failed),
            errors: errors.collect(),
            statuses: [("200".to_owned(), 100 - failed), ("429".to_owned(), failed)].into(),
            throughput_per_s: None,
            mean_ms: None,
            quantiles_ms: None,
            max_ms: None,
        }
    }

    fn told(endpoints: Vec<EndpointFigures>) -> String {
        answers(&Summary {
            format: 2,
            origin: Origin::Run,
            name: "x".to_owned(),
            testbed: None,
            state: State::Complete,
            sentence: String::new(),
            headline: Vec::new(),
            figures: Vec::new(),
            verdicts: Vec::new(),
            demands: Vec::new(),
            counts: Counts { sent: Some(0), completed: 0, failed: Some(0), servers: Vec::new() },
            little: None,
            endpoints,
            failures: vec!["The first 429 (unexpected_status) was an answer of list.".to_owned()],
            notes: Vec::new(),
        })
    }

    #[test]
    fn exact_statuses_of_each_endpoint_and_the_first_failure_are_on_the_terminal() {
        let said = told(vec![figures("create", 0), figures("list", 12), figures("*", 12)]);
        let row =
            |name: &str| said.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
        let words = |name: &str| row(name).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words("list"), "list 100 12 200: 88, 429: 12 unexpected_status: 12");
        assert_eq!(words("create"), "create 100 0 200: 100, 429: 0");
        assert!(
            !row("all").is_empty() && said.contains("look at: the first answer of each status"),
            "{said}"
        );
        assert!(said.ends_with("  The first 429 (unexpected_status) was an answer of list.\n"), "{said}");
        // One endpoint is all there is.
        assert!(!told(vec![figures("list", 12), figures("*", 12)]).contains("\nall"));
        assert!(told(vec![figures("list", 12), figures("*", 13)]).contains("\nall"));
        assert_eq!(told(Vec::new()), "");
    }
}
