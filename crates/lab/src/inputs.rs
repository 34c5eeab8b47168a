//! The files that decided a run, kept in its folder, so that it can be run again: the experiment, and every file that it
//! or one of those names (stack, shape, scenario, tables, traces, configurations).
//!
//! Which files are named is read off the files themselves: each text in a YAML file that is the relative path of a file
//! that is there, its variables put in. Secrets, `env_file`s and large files are not copied; where they stood is noted.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};

use swarmlab_experiment::With;
use swarmlab_record::manifest::Inputs;
use swarmlab_yaml::{Kind, Node};

/// Larger files are not copied: a trace of gigabytes stays where it is.
const LARGEST_BYTES: u64 = 8 << 20;
/// More files than that no experiment names.
const MOST_FILES: usize = 500;

/// Copies the files below `into`, in the places that they have relative to each other. `with` is what the command line set of the
/// experiment: it may name files as well.
///
/// # Errors
/// What the disk refuses.
pub fn keep(experiment: &Path, with: &[With], into: &Path, answer: &Answer<'_>) -> io::Result<Inputs> {
    let experiment = normal(&std::path::absolute(experiment)?);
    let base = experiment.parent().unwrap_or(Path::new("."));
    let find = |text: &str| file_named(text, base, answer);
    let mut also = Vec::new();
    with.iter().for_each(|one| walk(&one.value, false, &find, &mut also));
    let (root, elsewhere) = copy(std::slice::from_ref(&experiment), also, into, answer)?;
    Ok(Inputs { experiment: place(&root, &experiment).display().to_string(), elsewhere })
}

/// The same of a load alone: scenario and shape with the files that they name, and files in other forms. Large ones stay.
///
/// # Errors
/// What the disk refuses.
pub fn keep_all(yaml: &[PathBuf], others: &[PathBuf], into: &Path) -> io::Result<()> {
    let absolute = |file: &PathBuf| std::path::absolute(file).map(|file| normal(&file));
    let yaml = yaml.iter().map(absolute).collect::<io::Result<Vec<_>>>()?;
    let is_large = |file: &PathBuf| file.metadata().is_ok_and(|meta| meta.len() > LARGEST_BYTES);
    let others = others.iter().map(|file| Ok((absolute(file)?, is_large(file))));
    let others = others.collect::<io::Result<Vec<_>>>()?;
    if yaml.is_empty() && others.is_empty() {
        return Ok(());
    }
    copy(&yaml, others, into, &|_| None).map(|_| ())
}

/// Copies YAML files, others, and all that the first name. Where their places begin, and those that were not copied.
fn copy(
    yaml: &[PathBuf],
    others: Vec<(PathBuf, bool)>,
    into: &Path,
    answer: &Answer<'_>,
) -> io::Result<(PathBuf, BTreeMap<String, String>)> {
    let mut files: BTreeMap<PathBuf, bool> = yaml.iter().map(|file| (file.clone(), false)).collect();
    let mut waiting: VecDeque<PathBuf> = yaml.iter().cloned().collect();
    let mut found = others;
    loop {
        for (named, stays) in found {
            if let Some(before) = files.get_mut(&named) {
                // Named twice, once as a secret: it is one.
                *before |= stays;
            } else if files.len() < MOST_FILES {
                files.insert(named.clone(), stays);
                if !stays {
                    waiting.push_back(named);
                }
            }
        }
        let Some(file) = waiting.pop_front() else { break };
        found = named_in(&file, yaml.contains(&file), answer);
    }
    let root = common_folder(files.keys());
    let mut elsewhere = BTreeMap::new();
    for (file, stays) in &files {
        if *stays {
            // Through a link of an earlier run to where it really is.
            let original = file.canonicalize()?;
            elsewhere.insert(place(&root, file).display().to_string(), original.display().to_string());
            continue;
        }
        let copy = into.join(place(&root, file));
        std::fs::create_dir_all(copy.parent().unwrap_or(into))?;
        std::fs::copy(file, copy)?;
    }
    Ok((root, elsewhere))
}

/// Where a file stands below `root`.
fn place<'a>(root: &Path, file: &'a Path) -> &'a Path {
    file.strip_prefix(root).unwrap_or(file)
}

/// Answers a variable of the stack file.
pub type Answer<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The files that a YAML file names, and whether each stays where it is; none of another file.
fn named_in(file: &Path, is_known: bool, answer: &Answer<'_>) -> Vec<(PathBuf, bool)> {
    let is_yaml = is_known || file.extension().is_some_and(|e| e == "yml" || e == "yaml");
    let text = if is_yaml { std::fs::read_to_string(file).unwrap_or_default() } else { String::new() };
    let Ok(document) = swarmlab_yaml::load(&text, "") else { return Vec::new() };
    let mut out = Vec::new();
    let base = file.parent().unwrap_or(Path::new("."));
    walk(&document.root, false, &|text| file_named(text, base, answer), &mut out);
    out
}

/// Finds the file that a text names, and whether it is a large one.
type Find<'a> = dyn Fn(&str) -> Option<(PathBuf, bool)> + 'a;

fn walk(node: &Node, is_secret: bool, find: &Find<'_>, out: &mut Vec<(PathBuf, bool)>) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| walk(item, is_secret, find, out)),
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                let hides = key.name == "secrets" || key.name == "env_file";
                walk(value, is_secret || hides, find, out);
            }
        }
        Kind::String(text) => {
            out.extend(find(text).map(|(file, is_large)| (file, is_secret || is_large)));
        }
        _ => {}
    }
}

/// The file that a text names, if it does. An absolute path is found from everywhere.
fn file_named(text: &str, base: &Path, answer: &Answer<'_>) -> Option<(PathBuf, bool)> {
    let (text, _) = swarmlab_stackfile::interpolate_text(text, &|name| answer(name));
    if text.is_empty() || text.len() > 300 || text.contains('\n') || Path::new(&text).is_absolute() {
        return None;
    }
    let file = normal(&base.join(&text));
    let meta = file.metadata().ok()?;
    meta.is_file().then_some((file, meta.len() > LARGEST_BYTES))
}

/// A path without `.` and `..`: where a file is called for, not where a link leads.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}

/// The deepest folder that holds all of them.
fn common_folder<'a>(mut files: impl Iterator<Item = &'a PathBuf>) -> PathBuf {
    let mut common = files.next().and_then(|f| f.parent()).unwrap_or(Path::new("/")).to_owned();
    for file in files {
        while !file.starts_with(&common) && common.pop() {}
    }
    common
}

/// Makes the files that were not copied reachable from their places, by links. Those that are there already stay.
///
/// # Errors
/// A file that is no longer where it stood, or what the disk refuses.
pub fn link(inputs: &Inputs, kept: &Path) -> io::Result<()> {
    for (place, original) in &inputs.elsewhere {
        let link = kept.join(place);
        if link.exists() {
            continue;
        }
        if link.is_symlink() {
            // It leads nowhere any more, and would be in the way of a file.
            std::fs::remove_file(&link)?;
        }
        if !Path::new(original).is_file() {
            let message = format!("{original} is not there any more; put it to {}", link.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        std::fs::create_dir_all(link.parent().unwrap_or(kept))?;
        std::os::unix::fs::symlink(original, &link)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn files_are_kept_with_those_that_they_name_and_secrets_are_not() {
        let from = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = from.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("lab/experiments/e.yml", "name: e\nstack: ../stacks/s.yml\nload: { shape: ../shapes/t.yml }\n");
        write("lab/shapes/t.yml", "shape: trace\nfile: data/t.csv\n");
        write("lab/shapes/data/t.csv", "0,1\n");
        write("lab/stacks/p.conf", "listen 80;\n");
        write("lab/stacks/password", "open sesame");
        write("lab/stacks/.env", "KEY=open sesame\n");
        // The service names its secret as the file is called, before the secret says so.
        write(
            "lab/stacks/s.yml",
            "services: { web: { image: nginx, env_file: .env, secrets: [password] } }\n\
             configs: { p: { file: 'p.${KIND:-conf}' } }\nsecrets: { password: { file: '${PASSWORD_FILE:-./password}' } }\n",
        );
        let none = |_: &str| None;
        write("lab/unrelated.txt", "x");
        let into = from.path().join("run/inputs");
        write("lab/shapes/other.yml", "shape: ramp\n");
        let with = [With::parse("load.shape=../shapes/other.yml").unwrap()];
        let inputs = keep(&from.path().join("lab/experiments/e.yml"), &with, &into, &none).unwrap();
        assert_eq!(inputs.experiment, "experiments/e.yml");
        for kept in [
            "experiments/e.yml",
            "stacks/s.yml",
            "stacks/p.conf",
            "shapes/t.yml",
            "shapes/data/t.csv",
            "shapes/other.yml",
        ] {
            assert!(into.join(kept).is_file(), "{kept}");
        }
        assert!(!into.join("unrelated.txt").exists());
        let secrets: Vec<&str> = inputs.elsewhere.keys().map(String::as_str).collect();
        assert_eq!(secrets, ["stacks/.env", "stacks/password"]);
        assert!(secrets.iter().all(|s| !into.join(s).exists()));
        link(&inputs, &into).unwrap();
        assert!(into.join("stacks/password").is_symlink());
        assert_eq!(std::fs::read_to_string(into.join("stacks/password")).unwrap(), "open sesame");
        link(&inputs, &into).unwrap();
        // Run again from what was kept: the same, once more.
        let again =
            keep(&into.join("experiments/e.yml"), &with, &from.path().join("again/inputs"), &none).unwrap();
        assert_eq!(again, inputs);
        std::fs::remove_file(into.join("stacks/password")).unwrap();
        std::fs::remove_file(from.path().join("lab/stacks/password")).unwrap();
        assert!(link(&inputs, &into).unwrap_err().to_string().contains("not there any more"));
    }

    #[test]
    fn the_files_of_a_load_are_kept_with_those_that_they_name() {
        let from = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = from.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let scenario = write("scenarios/s.yml", "name: s\nfeeders: { u: { file: users.csv } }\n");
        write("scenarios/users.csv", "name\nada\n");
        let shape = write("shape", "shape: ramp\n");
        // A body is sent as it is, whatever it seems to name.
        let body = write("body.json", "{\"file\": \"scenarios/s.yml\"}");
        let into = from.path().join("inputs");
        keep_all(&[scenario, shape], std::slice::from_ref(&body), &into).unwrap();
        for kept in ["scenarios/s.yml", "scenarios/users.csv", "shape", "body.json"] {
            assert!(into.join(kept).is_file(), "{kept}");
        }
        let alone = from.path().join("alone");
        keep_all(&[], &[body], &alone).unwrap();
        assert!(alone.join("body.json").is_file());
        let nothing = from.path().join("nothing");
        keep_all(&[], &[], &nothing).unwrap();
        assert!(!nothing.exists());
    }
}
