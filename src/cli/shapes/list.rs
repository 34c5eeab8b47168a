//! `swarmlab shapes list`

use std::path::{Path, PathBuf};

use super::measures::{Measures, number, time};
use crate::cli::{Global, output};
use crate::exit::Exit;
use swarmlab_experiment as experiment;

/// Where shape files are looked for.
const FOLDER: &str = "loadshapes";

/// A shape file, or why it is none.
type Found = (String, Result<(&'static str, Measures), String>);

/// Lists the kinds of shapes and the files.
pub fn main(global: &Global) -> Exit {
    let files = files(Path::new(FOLDER));
    let kinds: Vec<_> = experiment::SHAPES
        .iter()
        .map(|e| serde_json::json!({"shape": e.word, "summary": e.summary, "defaults": e.defaults}))
        .collect();
    let listed: Vec<_> = files.iter().map(json).collect();
    output::say(
        global.json,
        &serde_json::json!({"event": "shapes", "shapes": kinds, "files": listed}),
        text(&files).trim_end(),
    );
    Exit::Success
}

fn files(folder: &Path) -> Vec<Found> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yml" || e == "yaml") && path.is_file())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let read = match experiment::read_shape(&path) {
                Ok(shape) => Ok((shape.word(), Measures::of(&shape))),
                Err(findings) => {
                    Err(findings.iter().find(|d| d.is_error()).map_or(String::new(), |d| d.message.clone()))
                }
            };
            (path.display().to_string(), read)
        })
        .collect()
}

fn json((file, read): &Found) -> serde_json::Value {
    match read {
        Ok((word, m)) => serde_json::json!({
            "file": file, "shape": word, "duration_s": m.duration_s,
            "min": m.minimum, "mean": m.mean, "max": m.maximum, "area": m.area,
        }),
        Err(message) => serde_json::json!({"file": file, "error": message}),
    }
}

fn text(files: &[Found]) -> String {
    let mut out = String::new();
    for e in &experiment::SHAPES {
        out.push_str(&format!("{:<12} {}\n", e.word, e.summary));
        for line in wrapped(e.defaults, 100) {
            out.push_str(&format!("{:<12} {}\n", "", line.trim_end()));
        }
    }
    if files.is_empty() {
        out.push_str(&format!("\nno shape files in ./{FOLDER}\n"));
        return out;
    }
    let rows: Vec<Vec<String>> = files
        .iter()
        .map(|(file, read)| match read {
            Ok((word, m)) => {
                let numbers = [m.minimum, m.mean, m.maximum].map(number);
                [&[file.clone(), (*word).to_owned(), time(m.duration_s)], &numbers[..]].concat()
            }
            Err(message) => vec![file.clone(), format!("error: {message}")],
        })
        .collect();
    out.push('\n');
    out.push_str(&output::table(&["file", "shape", "length", "min", "mean", "max"], &rows));
    out
}

/// Lines of at most `width` characters, broken after commas.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in text.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + part.chars().count() <= width => {
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}
