//! A run's summary on the terminal.

use console::Style;

use super::output;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::summary::{Status, Summary};

/// Prints what was found, headline figures, verdicts and where the report is.
pub fn print(summary: &Summary, folder: &RunFolder, json: bool) {
    let value = serde_json::json!({
        "event": "finished",
        "folder": folder.root(),
        "report": folder.report(),
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

fn style(status: Status) -> Style {
    match status {
        Status::Info | Status::NotJudged => Style::new().dim(),
        Status::Pass => Style::new().green(),
        Status::Warn => Style::new().yellow(),
        Status::Fail => Style::new().red().bold(),
    }
}
