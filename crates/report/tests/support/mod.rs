//! Small models, and a judge of markup that shares no code with the writer.
#![allow(dead_code, clippy::unwrap_used)]

use swarmlab_report::model::{Line, Panel, Timeline};
use swarmlab_report::{Artifact, ReportModel};

/// A line with one value a second.
pub fn line(name: &str, values: &[Option<f64>]) -> Line {
    Line { name: name.into(), values: values.to_vec(), ..Line::default() }
}

/// A model with one panel, called `panel`, that holds `lines`.
pub fn model_with(lines: Vec<Line>) -> ReportModel {
    let bins = lines.first().map_or(0, |line| line.values.len());
    let panel = Panel { title: "panel".into(), lines, ..Panel::default() };
    let t_s = (0..bins).map(|i| i as f64).collect();
    let timeline = Timeline { t_s, bin_s: 1.0, panels: vec![panel], ..Timeline::default() };
    ReportModel { title: "run".into(), timeline, duration_s: 45.0, ..ReportModel::default() }
}

/// Text of the file at `path`.
pub fn file<'a>(files: &'a [Artifact], path: &str) -> &'a str {
    &files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}")).text
}

/// All files, one after the other.
pub fn all_text(files: &[Artifact]) -> String {
    files.iter().map(|file| file.text.as_str()).collect()
}

/// Whether tags are balanced, attributes quoted and named once, and `<` and `&` only stand where markup or
/// an entity begins. Content of `script` and `style` is skipped, as an HTML parser does.
pub fn well_formed(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        entities(&rest[..at])?;
        rest = &rest[at + 1..];
        let end = tag_end(rest).ok_or_else(|| format!("tag without end: {}", short(rest)))?;
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if tag.starts_with('!') || tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes nothing"));
            }
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap_or("");
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(format!("odd tag <{}>", short(tag)));
        }
        attributes(tag.trim_end_matches('/')[name.len()..].trim_start())?;
        if !tag.ends_with('/') {
            open.push(name);
            if name == "script" || name == "style" {
                let end = format!("</{name}>");
                rest = &rest[rest.find(&end).ok_or_else(|| format!("no {end}"))?..];
            }
        }
    }
    entities(rest)?;
    if open.is_empty() { Ok(()) } else { Err(format!("left open: {open:?}")) }
}

fn tag_end(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(i, c)| {
        quoted ^= c == '"';
        (c == '>' && !quoted).then_some(i)
    })
}

fn attributes(mut text: &str) -> Result<(), String> {
    let mut seen = Vec::new();
    while !text.is_empty() {
        let (name, rest) =
            text.split_once("=\"").ok_or_else(|| format!("attribute without value: {}", short(text)))?;
        let (value, rest) = rest.split_once('"').ok_or_else(|| format!("attribute without end: {name}"))?;
        if seen.contains(&name) || value.contains('<') || name.contains([' ', '<', '>']) {
            return Err(format!("odd attribute {name}"));
        }
        entities(value)?;
        seen.push(name);
        text = rest.trim_start();
    }
    Ok(())
}

fn entities(text: &str) -> Result<(), String> {
    for after in text.split('&').skip(1) {
        if !["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|entity| after.starts_with(entity)) {
            return Err(format!("bare & before {}", short(after)));
        }
    }
    Ok(())
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
