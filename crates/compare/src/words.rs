//! Comparisons in words: rows for a table, and Markdown for a pull request.

use crate::comparison::{Comparison, Row};
use crate::pair::{Centre, Side};
use crate::regression::{Check, Gate};
use crate::verdict::Verdict;

/// Heading of [`comparison`].
pub const HEADING: [&str; 8] = [
    "figure",
    "baseline",
    "variant",
    "shift [95 %]",
    "shift % [95 %]",
    "Cliff's delta",
    "p (adj.)",
    "verdict",
];

/// Heading of [`gate`].
pub const GATE_HEADING: [&str; 8] =
    ["figure", "baseline", "new", "change", "noise", "sees from", "p (adj.)", "outcome"];

/// A row a figure and variant, under [`HEADING`].
pub fn comparison(c: &Comparison) -> Vec<Vec<String>> {
    c.rows.iter().map(|row| cells(row, c.settings.margin)).collect()
}

fn cells(row: &Row, margin: f64) -> Vec<String> {
    let unit = if row.unit.is_empty() { String::new() } else { format!(" ({})", row.unit) };
    let d = row.distance.as_ref();
    // An interval that is not what its heading says, says what it is.
    let level = |level: f64| if level < 0.945 { format!(" ({:.0} %)", level * 100.0) } else { String::new() };
    let shift = d.map(|d| {
        let s = &d.shift;
        format!("{} [{}, {}]{}", signed(s.estimate), signed(s.ci_low), signed(s.ci_high), level(s.level))
    });
    let share = d
        .and_then(|d| d.share)
        .map(|s| format!("{} [{}, {}]", share(s.estimate), share(s.ci_low), share(s.ci_high)));
    let delta =
        d.and_then(|d| d.delta).map(|d| format!("{:+.2} [{:+.2}, {:+.2}]", d.estimate, d.ci_low, d.ci_high));
    let p = d.zip(row.p_adjusted).map(|(d, adjusted)| format!("{} ({})", p(d.permutation.p), p(adjusted)));
    let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    vec![
        format!("{}{unit}", row.key),
        side(&row.baseline),
        side(&row.variant),
        or_none(shift),
        or_none(share),
        or_none(delta),
        or_none(p),
        verdict(row.verdict, margin),
    ]
}

/// Median with its interval, mean, number of runs.
fn side(s: &Side) -> String {
    let centre = |c: &Centre| match c.interval {
        Some((low, high)) => format!("{} [{}, {}]", number(c.estimate), number(low), number(high)),
        None => number(c.estimate),
    };
    match (&s.median, &s.mean) {
        (Some(_), Some(mean)) if s.values.len() == 1 => format!("{}, one run", number(mean.estimate)),
        (Some(median), Some(mean)) => {
            format!("{}, mean {}, n {}", centre(median), centre(mean), s.values.len())
        }
        _ => "-".to_owned(),
    }
}

/// What is said of a figure.
pub fn verdict(v: Verdict, margin: f64) -> String {
    match v {
        Verdict::Better => "better".to_owned(),
        Verdict::Worse => "worse".to_owned(),
        Verdict::Different => "different".to_owned(),
        Verdict::Same => format!("the same within {}", percent(margin)),
        Verdict::NotEnough { more: Some(n) } => format!("not enough repetitions: about {n} more would do"),
        Verdict::NotEnough { more: None } => "not enough repetitions to tell".to_owned(),
        Verdict::OneSample => "one run is one sample".to_owned(),
        Verdict::Missing => "not known of one side".to_owned(),
    }
}

/// A whole comparison as Markdown: what differs first, the rest folded.
pub fn markdown(c: &Comparison) -> String {
    let variants =
        c.variants.iter().map(|(name, n)| format!("{name} ({n} run{})", if *n == 1 { "" } else { "s" }));
    let mut out = format!("### {}\n\nBaseline: {}\n\n", variants.collect::<Vec<_>>().join(" · "), c.baseline);
    let several = c.variants.len() > 2;
    let table = |rows: &[&Row]| {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let mut cells = cells(row, c.settings.margin);
                if several {
                    cells[0] = format!("{}, {}", cells[0], row.variant.variant);
                }
                if row.verdict.is_difference() {
                    cells[7] = format!("**{}**", cells[7]);
                }
                cells
            })
            .collect();
        markdown_table(&HEADING, &rows)
    };
    let (found, rest): (Vec<&Row>, Vec<&Row>) = c.rows.iter().partition(|r| r.verdict.is_difference());
    if found.is_empty() {
        out.push_str("Of no figure a difference is claimed.\n\n");
    } else {
        out.push_str(&table(&found));
        out.push('\n');
    }
    if !rest.is_empty() {
        let title = format!("{} without a claim of a difference", plural(rest.len(), "comparison"));
        out.push_str(&format!("<details><summary>{title}</summary>\n\n{}\n</details>\n\n", table(&rest)));
    }
    for remark in &c.remarks {
        out.push_str(&format!("> {remark}\n\n"));
    }
    out.push_str(&method(c));
    out
}

/// How the figures came about, one paragraph.
pub fn method(c: &Comparison) -> String {
    let s = &c.settings;
    format!(
        "Median and mean with 95 % bootstrap intervals (from 5 runs on); Hodges-Lehmann shift{}; permutation test, {} over {} tests, \
         at {}; equivalence by two one-sided tests within {}; seed {}.\n",
        if s.paired { " of pairs" } else { "" },
        match s.adjustment {
            crate::comparison::Adjustment::FalseDiscoveries => "Benjamini-Hochberg",
            crate::comparison::Adjustment::AnyError => "Holm",
        },
        c.rows.iter().filter(|r| r.distance.is_some()).count(),
        s.alpha,
        percent(s.margin),
        s.seed
    )
}

/// A row a figure, under [`GATE_HEADING`].
pub fn gate(g: &Gate) -> Vec<Vec<String>> {
    g.checks.iter().map(gate_cells).collect()
}

fn gate_cells(c: &Check) -> Vec<String> {
    let unit = if c.unit.is_empty() { String::new() } else { format!(" ({})", c.unit) };
    let or_none = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
    let outcome = if c.because.is_empty() {
        c.outcome.words().to_owned()
    } else {
        format!("{}: {}", c.outcome.words(), c.because)
    };
    vec![
        format!("{}{unit}", c.key),
        or_none(c.baseline.map(|v| format!("{}, n {}", number(v), c.runs.0))),
        or_none(c.new.map(|v| format!("{}, n {}", number(v), c.runs.1))),
        or_none(c.change.map(share)),
        or_none(c.noise.map(percent)),
        or_none(c.sees.map(percent)),
        or_none(c.p_adjusted.map(p)),
        outcome,
    ]
}

/// The gate as Markdown.
pub fn gate_markdown(g: &Gate) -> String {
    let title = if g.regressed() { "Regression" } else { "No regression" };
    let mut out = format!("### {title} against {} (margin {})\n\n", g.baseline, percent(g.margin));
    out.push_str(&markdown_table(&GATE_HEADING, &gate(g)));
    out.push_str(&format!("\n{}\n", gate_limits(g)));
    out
}

/// What the gate cannot see, a sentence.
pub fn gate_limits(g: &Gate) -> String {
    match g.sees() {
        Some(sees) => {
            let blind = if sees > g.margin {
                " The noise of this machine hides changes as large as the margin: more runs, of the baseline or new ones, see more."
            } else {
                ""
            };
            format!(
                "The smallest change that is found in every figure (four times in five): {}.{blind}",
                percent(sees)
            )
        }
        None => "The baseline says nothing of the noise of this machine.".to_owned(),
    }
}

fn markdown_table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        format!("| {} |\n", cells.iter().map(|c| c.replace('|', "\\|")).collect::<Vec<_>>().join(" | "))
    };
    let heading: Vec<String> = heading.iter().map(|h| (*h).to_owned()).collect();
    let mut out = line(&heading);
    out.push_str(&format!("|{}\n", "---|".repeat(heading.len())));
    for row in rows {
        out.push_str(&line(row));
    }
    out
}

/// A number of things.
pub fn plural(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// Four significant digits.
pub fn number(v: f64) -> String {
    if v == 0.0 {
        return "0".to_owned();
    }
    let magnitude = v.abs().log10().floor();
    if !(-5.0..9.0).contains(&magnitude) {
        return format!("{v:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    let text = format!("{v:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn signed(v: f64) -> String {
    if v > 0.0 { format!("+{}", number(v)) } else { number(v) }
}

fn share(v: f64) -> String {
    format!("{:+.1} %", v * 100.0)
}

fn percent(v: f64) -> String {
    let text = format!("{:.1}", v * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

fn p(v: f64) -> String {
    if v < 0.001 { "<0.001".to_owned() } else { format!("{v:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_four_digits_and_no_more() {
        let cases = [
            (0.0, "0"),
            (1234.567, "1235"),
            (12.0, "12"),
            (0.012_345_6, "0.01235"),
            (-3.5, "-3.5"),
            (1e12, "1.000e12"),
        ];
        for (v, expected) in cases {
            assert_eq!(number(v), expected);
        }
        assert_eq!(
            (percent(0.03), percent(0.0349), percent(0.1)),
            ("3 %".to_owned(), "3.5 %".to_owned(), "10 %".to_owned())
        );
        assert_eq!((p(0.0001), p(0.0312)), ("<0.001".to_owned(), "0.031".to_owned()));
    }
}
