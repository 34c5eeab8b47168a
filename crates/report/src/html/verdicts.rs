//! The checks by which a run proves its own numbers.

use super::{section, sign};
use crate::markup::Markup;
use crate::model::{Figure, Status, Verdict};

pub(super) fn write(m: &mut Markup, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        return;
    }
    section(m, "verdicts", "Does this run prove its own numbers?", "");
    m.open("p", &[("class", "tally")]);
    for (status, text) in tally(verdicts) {
        m.open("span", &[("class", "count")]);
        sign(m, status);
        m.text(&text).close();
    }
    m.close().open("div", &[("class", "verdicts")]);
    for verdict in verdicts {
        card(m, verdict);
    }
    m.close().close();
}

/// How many checks ended how, worst first.
pub(super) fn tally(verdicts: &[Verdict]) -> Vec<(Status, String)> {
    let mut counts = Vec::new();
    for (status, what) in [
        (Status::Fail, "failed"),
        (Status::Warn, "with a warning"),
        (Status::NotJudged, "not judged"),
        (Status::Pass, "passed"),
        (Status::Info, "for information"),
    ] {
        let count = verdicts.iter().filter(|verdict| verdict.status == status).count();
        if count > 0 {
            counts.push((status, format!("{count} {what}")));
        }
    }
    counts
}

fn card(m: &mut Markup, verdict: &Verdict) {
    let class = match verdict.status {
        Status::Pass => "verdict pass",
        Status::Warn => "verdict warn",
        Status::Fail => "verdict fail",
        Status::NotJudged => "verdict open",
        Status::Info => "verdict info",
    };
    m.open("article", &[("class", class)]).open("h3", &[]);
    sign(m, verdict.status);
    m.leaf("span", &[("class", "claim")], &verdict.title);
    m.leaf("span", &[("class", "word")], verdict.status.word()).close();
    m.leaf_if("p", &[], &verdict.explanation);
    if !verdict.figures.is_empty() {
        m.open("dl", &[]);
        for figure in &verdict.figures {
            evidence(m, figure);
        }
        m.close();
    }
    m.leaf_if("code", &[], &verdict.code).close();
}

/// Label and value stand in one line; what qualifies the value has a line of its own, so that neither breaks the other.
fn evidence(m: &mut Markup, figure: &Figure) {
    m.open("div", &[]).leaf("dt", &[], &figure.label).open("dd", &[]);
    if figure.status != Status::Info {
        sign(m, figure.status);
    }
    m.leaf("b", &[], &figure.value);
    if !figure.unit.is_empty() {
        m.text(" ").leaf("span", &[], &figure.unit);
    }
    m.close();
    let more = [figure.uncertainty.as_str(), &figure.note];
    let more: Vec<&str> = more.into_iter().filter(|text| !text.is_empty()).collect();
    m.leaf_if("dd", &[("class", "more")], &more.join(" · "));
    m.close();
}
