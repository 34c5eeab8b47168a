//! A draft as text.

use crate::draft::{Draft, From, Step, Task, Wait};
use crate::scalar::{comment, duration, string};

/// The scenario file. `secrets_file`: the table of secrets, if the scenario uses one.
pub(crate) fn scenario(draft: &Draft, secrets_file: Option<&str>) -> String {
    let mut out: String = draft.comments.iter().map(|text| comment("", text)).collect();
    out.push_str(&format!("name: {}\n", string(&draft.name)));
    if draft.cookies {
        out.push_str("cookies: true\n");
    }
    draft.wait_comments.iter().for_each(|text| out.push_str(&comment("", text)));
    match draft.wait {
        Some(Wait::Constant(ms)) => out.push_str(&format!("wait: {{ constant: {} }}\n", duration(ms))),
        Some(Wait::Between(least, most)) => {
            out.push_str(&format!("wait: {{ between: [{}, {}] }}\n", duration(least), duration(most)));
        }
        None => {}
    }
    if let Some(file) = secrets_file {
        out.push_str("feeders:\n");
        out.push_str(&format!("  secrets: {{ file: {} }}\n", string(file)));
    }
    if draft.on_start.iter().any(Task::is_on) {
        out.push_str("on_start:\n");
        draft.on_start.iter().for_each(|task| inline(task, &mut out));
    }
    match draft.tasks.as_slice() {
        [only] => {
            out.push_str("steps:\n");
            inline(only, &mut out);
        }
        tasks => {
            out.push_str("tasks:\n");
            tasks.iter().for_each(|task| listed(task, &mut out));
        }
    }
    out
}

/// The steps of a task without the task.
fn inline(task: &Task, out: &mut String) {
    task.comments.iter().for_each(|text| out.push_str(&comment("  ", text)));
    task.steps.iter().for_each(|one| step(one, "  ", out));
}

fn listed(task: &Task, out: &mut String) {
    let mut text = format!("  - name: {}\n    steps:\n", string(&task.name));
    task.steps.iter().for_each(|one| step(one, "      ", &mut text));
    task.comments.iter().for_each(|text| out.push_str(&comment("  ", text)));
    // A task without a step that is sent is none.
    if task.is_on() { out.push_str(&text) } else { out.push_str(&off(&text, "  ")) }
}

fn step(step: &Step, indent: &str, out: &mut String) {
    step.comments.iter().for_each(|text| out.push_str(&comment(indent, text)));
    let mut text = format!("{indent}- name: {}\n", string(&step.name));
    let inner = format!("{indent}  ");
    if let Some(target) = &step.target {
        text.push_str(&format!("{inner}target: {}\n", string(target)));
    }
    text.push_str(&format!("{inner}request: {}\n", string(&format!("{} {}", step.method, step.path))));
    if !step.headers.is_empty() {
        text.push_str(&format!("{inner}headers:\n"));
        for (name, value) in &step.headers {
            text.push_str(&format!("{inner}  {}: {}\n", string(name), string(value)));
        }
    }
    if let Some(body) = &step.body {
        text.push_str(&format!("{inner}body: {}\n", string(body)));
    }
    match step.expect.as_slice() {
        [] => {}
        [one] => text.push_str(&format!("{inner}expect: {one}\n")),
        several => text.push_str(&format!("{inner}expect: [{}]\n", several.join(", "))),
    }
    if !step.extract.is_empty() {
        text.push_str(&format!("{inner}extract:\n"));
        for (name, from) in &step.extract {
            let (key, value) = match from {
                From::Json(pointer) => ("json", pointer),
                From::Header(header) => ("header", header),
            };
            text.push_str(&format!("{inner}  {name}: {{ {key}: {} }}\n", quoted(value)));
        }
    }
    if step.is_off { out.push_str(&off(&text, indent)) } else { out.push_str(&text) }
}

/// A string inside of `{ … }`, where fewer of them may be plain.
fn quoted(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/_-".contains(c)) {
        return string(text);
    }
    match string(text) {
        plain if plain == text => format!("'{}'", text.replace('\'', "''")),
        other => other,
    }
}

/// Lines as comments at their indentation.
fn off(text: &str, indent: &str) -> String {
    text.lines()
        .map(|line| match line.trim_start().starts_with("# ") {
            true => format!("{line}\n"),
            false => format!("{indent}# {}\n", line.strip_prefix(indent).unwrap_or(line)),
        })
        .collect()
}
