//! `load --debug`: one iteration, request by request.

use std::fmt::Write;

use swarmlab_codes as codes;
use swarmlab_intervals::{ErrorKind, FirstAnswer};
use swarmlab_loadgen::debug::{Chosen, Debugged, Exchange, debug};

use super::args::LoadArgs;
use super::plan::{Plan, plural};
use crate::cli::{Global, output};
use crate::exit::Exit;

/// Does each chosen task once and prints what goes by.
pub fn main(args: &LoadArgs, plan: &Plan, global: &Global) -> Exit {
    let chosen = Chosen { class: args.class.clone(), task: args.task.clone() };
    let mut last = String::new();
    let mut look = |exchange: &Exchange| {
        if global.json {
            return output::line(&serde_json::json!({"event": "exchange", "exchange": exchange}));
        }
        let title = format!("{} / {}", exchange.class, exchange.task);
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = write(&mut out, exchange);
        if title != last {
            output::line(&format!("{title}\n"));
            last = title;
        }
        output::line(&out);
    };
    let sum = match debug(&plan.spec, &chosen, &mut look) {
        Ok(sum) => sum,
        Err(e) => return output::fail(&e, None, global.json, e.code()),
    };
    let failed: u64 = sum.errors.values().sum();
    let event = serde_json::json!({"event": "debugged", "summary": sum});
    let never = match sum.chosen - sum.tasks {
        0 => String::new(),
        never => format!(" ({never} of {} never reached)", sum.chosen),
    };
    let text = format!(
        "{} done once{never}: {}, {} answered, {failed} failed",
        plural(sum.tasks, "task"),
        plural(sum.exchanges, "request"),
        sum.answered
    );
    output::say(global.json, &event, &text);
    exit(plan, &sum, global)
}

fn exit(plan: &Plan, sum: &Debugged, global: &Global) -> Exit {
    if sum.chosen == 0 {
        let classes = plan.spec.scenario.classes.iter().map(|class| {
            let tasks: Vec<&str> = class.tasks.iter().map(|task| task.name.as_str()).collect();
            format!("{} ({})", class.name, tasks.join(", "))
        });
        let help = format!("classes and their tasks: {}", classes.collect::<Vec<_>>().join("; "));
        let why = "the scenario has no class and task of this name";
        return output::fail(&why, Some(&help), global.json, codes::BAD_ARGUMENTS);
    }
    if sum.exchanges > 0 && sum.answered == 0 {
        return output::fail(&"no request was answered", help(sum).as_deref(), global.json, codes::NO_ANSWER);
    }
    if !sum.errors.is_empty() {
        let kinds = sum.errors.iter().map(|(kind, count)| format!("{kind} ({count})")).collect::<Vec<_>>();
        let why = format!("not all went as the scenario expects: {}", kinds.join(", "));
        return output::fail(&why, help(sum).as_deref(), global.json, codes::DEBUG_FAILED);
    }
    Exit::Success
}

/// What to look at, for each name of an error.
fn help(sum: &Debugged) -> Option<String> {
    let one = |kind: &ErrorKind| format!("{kind} ({}): {}", kind.means(), kind.advice());
    let all: Vec<String> = sum.errors.keys().map(one).collect();
    (!all.is_empty()).then(|| all.join("\n        "))
}

fn write(out: &mut String, exchange: &Exchange) -> std::fmt::Result {
    let after = match exchange.redirects {
        0 => String::new(),
        n => format!(" (redirect {n})"),
    };
    let at = exchange.address.as_ref().map(|address| format!(" ({address})")).unwrap_or_default();
    writeln!(out, "  {}{after}, to {}{at}", exchange.step, exchange.target)?;
    match &exchange.request {
        Some(request) => {
            quote(out, '>', &request.head)?;
            body(out, '>', &request.body, request.body_bytes)?;
        }
        None if exchange.answer.is_some() || !exchange.passed_over.is_empty() => {}
        None => writeln!(out, "    nothing was sent")?,
    }
    for message in &exchange.passed_over {
        writeln!(out, "    < a message that it does not wait for")?;
        quote(out, '<', message)?;
    }
    if let Some(answer) = &exchange.answer {
        if answer.status > 0 {
            let word = if answer.is_expected { "" } else { ", NOT EXPECTED" };
            writeln!(out, "    < {} after {:.2} ms{word}", answer.status, answer.service_ms)?;
        } else {
            writeln!(out, "    < an answer after {:.2} ms", answer.service_ms)?;
        }
        quote(out, '<', &answer.headers)?;
        body(out, '<', &answer.body, answer.body_bytes)?;
    }
    for check in &exchange.checks {
        let (word, found) = match check.holds {
            true => ("holds ", String::new()),
            false => ("FAILED", format!(": found {}", one_line(check.found.as_deref().unwrap_or("nothing")))),
        };
        writeln!(out, "    check    {word} {}{found}", check.check)?;
    }
    for extracted in &exchange.extracted {
        let value = extracted.value.as_deref().unwrap_or("NOTHING FOUND");
        writeln!(out, "    extract  {} = {value} ({})", extracted.variable, extracted.from)?;
    }
    match (exchange.error, &exchange.why) {
        (Some(error), Some(why)) => writeln!(out, "    FAILED: {error}: {why}"),
        (Some(error), None) => writeln!(out, "    FAILED: {error}"),
        (None, _) => writeln!(out, "    ok"),
    }
}

/// A text in one line, without what a terminal would obey.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).collect()
}

/// Lines behind a mark; characters that a terminal would obey are left out.
fn quote(out: &mut String, mark: char, text: &str) -> std::fmt::Result {
    for line in text.lines() {
        let shown: String = line.chars().filter(|c| !c.is_control()).collect();
        writeln!(out, "    {mark} {shown}")?;
    }
    Ok(())
}

fn body(out: &mut String, mark: char, text: &str, bytes: u64) -> std::fmt::Result {
    if bytes == 0 {
        return Ok(());
    }
    writeln!(out, "    {mark}")?;
    if text == FirstAnswer::BINARY {
        return writeln!(out, "    {mark} (binary, {bytes} bytes: no text that could be shown)");
    }
    quote(out, mark, text)?;
    if bytes > text.len() as u64 && bytes > 2048 {
        writeln!(out, "    {mark} … ({bytes} bytes)")?;
    }
    Ok(())
}
