//! What the outside world gives to the reading of a stack file: variables, files, the place of the file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use swarmlab_codes as codes;
use swarmlab_yaml::Value;

/// Variables, files and the folder that relative paths start from.
pub(crate) struct Surroundings<'a> {
    /// The value of an environment variable.
    pub(crate) env: &'a dyn Fn(&str) -> Option<String>,
    /// The content of a file.
    pub(crate) read_file: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
    /// The folder of the stack file.
    pub(crate) folder: PathBuf,
}

impl Surroundings<'_> {
    /// A path of the file, seen from where the program runs: `~` is the home folder, anything relative
    /// starts at the folder of the stack file, `.` and `..` are resolved by name.
    pub(crate) fn resolve(&self, path: &str) -> PathBuf {
        let home = || path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let path = match home().and_then(|rest| Some((self.env)("HOME")? + rest)) {
            Some(expanded) => PathBuf::from(expanded),
            None => PathBuf::from(path),
        };
        clean(&self.folder.join(path))
    }

    /// The content of a file that the stack file names; a failure is filed where the name stands.
    pub(crate) fn read(&self, value: &Value<'_>) -> Option<Vec<u8>> {
        let path = self.resolve(&value.text()?);
        match (self.read_file)(&path) {
            Ok(content) => Some(content),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                let help = "a relative path starts at the folder of the stack file";
                value.cx().push(
                    value.error(codes::UNREADABLE_FILE, message).expected("a readable file").help(help),
                );
                None
            }
        }
    }
}

/// Removes `.` and resolves `..` by name, without looking at the disk.
fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() { PathBuf::from(".") } else { out }
}

/// The lines of an environment file: `NAME=value` as it stands, `NAME` from the environment if it is set
/// there, comments (`#`) and blank lines skipped. Nothing is unquoted, as `docker` does it.
///
/// # Errors
/// The number of the line (from 1) and what is wrong with it.
pub(crate) fn parse_env_file(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, Option<String>>, (usize, String)> {
    let mut variables = BTreeMap::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (line.trim_end(), env(line.trim_end())),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err((i + 1, format!("`{name}` is no name of a variable")));
        }
        if line.contains('=') || value.is_some() {
            variables.insert(name.to_owned(), value);
        }
    }
    Ok(variables)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_start_at_the_folder_of_the_file() {
        let env = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
        let read_file = |_: &Path| Err(io::ErrorKind::NotFound.into());
        let at =
            |folder: &str| Surroundings { env: &env, read_file: &read_file, folder: PathBuf::from(folder) };
        assert_eq!(at("stacks").resolve("../envoy/./a.yml"), Path::new("envoy/a.yml"));
        assert_eq!(at("").resolve("../a"), Path::new("../a"));
        assert_eq!(at("/s").resolve("../../a"), Path::new("/a"));
        assert_eq!(at("s").resolve("/a/b"), Path::new("/a/b"));
        assert_eq!(at("s").resolve("~/b"), Path::new("/home/u/b"));
        assert_eq!(at("s").resolve("~b"), Path::new("s/~b"));
        assert_eq!(at("s").resolve(".."), Path::new("."));
    }

    #[test]
    fn environment_files() {
        let env = |name: &str| (name == "SET").then(|| "v".to_owned());
        let read = parse_env_file("# c\nA=1\n\nB=a=b #x\r\nSET\nUNSET\nC=\n", &env).unwrap();
        let read: Vec<_> = read.iter().map(|(k, v)| (k.as_str(), v.as_deref().unwrap())).collect();
        assert_eq!(read, [("A", "1"), ("B", "a=b #x"), ("C", ""), ("SET", "v")]);
        assert_eq!(parse_env_file("A=1\nB C=2\n", &env).unwrap_err().0, 2);
        assert_eq!(parse_env_file("=1", &env).unwrap_err().0, 1);
    }
}
