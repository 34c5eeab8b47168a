//! `summary.md`: what fits a pull request or a terminal.

use std::fmt::Write as _;

use super::{Artifact, Exporter};
use crate::error::ReportError;
use crate::html::duration;
use crate::model::{Align, Cell, Figure, ReportModel, Status, Table};
use crate::text::markdown;

/// The summary in words and tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Markdown;

impl Exporter for Markdown {
    fn format(&self) -> &'static str {
        "markdown"
    }

    fn export(&self, model: &ReportModel) -> Result<Vec<Artifact>, ReportError> {
        Ok(vec![Artifact { path: "summary.md".into(), text: summary(model) }])
    }
}

fn summary(model: &ReportModel) -> String {
    let mut out = format!("# {}\n", markdown(&model.title));
    paragraph(&mut out, &markdown(&model.subtitle));
    let length = duration(model.duration_s);
    let circumstances = [&model.experiment, &model.testbed, &model.started_utc, &length];
    let known: Vec<String> =
        circumstances.iter().filter(|text| !text.is_empty()).map(|text| markdown(text)).collect();
    paragraph(&mut out, &known.join(" · "));
    if let Some(notice) = &model.notice {
        paragraph(&mut out, &format!("> {}", markdown(notice)));
    }
    if let Some(reason) = &model.partial {
        paragraph(&mut out, &format!("> **Partial run.** {}", markdown(reason)));
    }
    if !model.figures.is_empty() {
        out.push_str("\n| figure | value | uncertainty | note |\n|---|---:|---|---|\n");
        for figure in &model.figures {
            let cells = [&figure.label, &with_unit(figure), &figure.uncertainty, &figure.note];
            let _ = writeln!(out, "| {} |", cells.map(|text| markdown(text)).join(" | "));
        }
    }
    if !model.verdicts.is_empty() {
        out.push_str("\n## Does this run prove its own numbers?\n\n");
    }
    for verdict in &model.verdicts {
        let (title, explanation) = (markdown(&verdict.title), markdown(&verdict.explanation));
        let _ = writeln!(out, "- **{}** {title} (`{}`)", verdict.status.word(), code(&verdict.code));
        if !explanation.is_empty() {
            let _ = writeln!(out, "  {explanation}");
        }
        let figures: Vec<String> =
            verdict.figures.iter().map(|f| markdown(&format!("{}: {}", f.label, with_unit(f)))).collect();
        if !figures.is_empty() {
            let _ = writeln!(out, "  {}.", figures.join("; "));
        }
    }
    for table in &model.tables {
        write_table(&mut out, table);
    }
    if !model.notes.is_empty() {
        out.push_str("\n## Quality of the data\n\n");
    }
    for note in &model.notes {
        let _ = writeln!(out, "- **{}** {}", note.status.word(), markdown(&note.text));
    }
    if !model.provenance.is_empty() {
        out.push_str("\n## Provenance\n\n| | |\n|---|---|\n");
    }
    for (key, value) in &model.provenance {
        let _ = writeln!(out, "| {} | {} |", markdown(key), markdown(value));
    }
    out
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "\n{text}");
    }
}

fn with_unit(figure: &Figure) -> String {
    format!("{} {}", figure.value, figure.unit).trim().to_owned()
}

/// Nothing can be escaped inside a code span, so only the characters of a code are let in.
fn code(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')).collect()
}

fn write_table(out: &mut String, table: &Table) {
    let _ = writeln!(out, "\n## {}", markdown(&table.title));
    paragraph(out, &markdown(&table.note));
    if table.columns.is_empty() {
        return;
    }
    let heading = |label: &str, unit: &str| {
        if unit.is_empty() { markdown(label) } else { format!("{} ({})", markdown(label), markdown(unit)) }
    };
    let heads: Vec<String> =
        table.columns.iter().map(|column| heading(&column.label, &column.unit)).collect();
    let rules = table.columns.iter().map(|column| if column.align == Align::Right { "---:" } else { "---" });
    let _ = writeln!(out, "\n| {} |\n|{}|", heads.join(" | "), rules.collect::<Vec<_>>().join("|"));
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(cell).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

fn cell(cell: &Cell) -> String {
    match cell.status {
        None | Some(Status::Info) if cell.text.is_empty() => "–".to_owned(),
        None | Some(Status::Info) => markdown(&cell.text),
        Some(status) => format!("**{}** {}", status.word(), markdown(&cell.text)).trim().to_owned(),
    }
}
