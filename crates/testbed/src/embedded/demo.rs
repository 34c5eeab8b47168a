//! What the embedded bed knows of the sample application, and nobody else needs to: how a container of it becomes a
//! child process. Every other file of the bed works with what this one returns.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use crate::TestbedError;

/// Name of the file with the secret that all replicas sign tokens with, in the state folder.
const TOKEN_SECRET: &str = "token.secret";
/// Roles that can run as a process; each is an argument of `swarmlab demo`.
const ROLES: &[&str] = &["gateway", "ms-exercise", "ms-other"];
/// The role that keeps its state in a database.
const NEEDS_DATABASE: &str = "ms-exercise";
/// Options of a role that would be wrong outside its container.
const CONTAINER_ONLY: &[&str] = &["--listen", "--database", "--password-file"];
/// The same, as environment.
const CONTAINER_ONLY_ENV: &[&str] =
    &["DEMO_LISTEN", "DEMO_DATABASE", "DEMO_PASSWORD_FILE", "DEMO_TOKEN_SECRET_FILE", "PATH"];

/// Whether a command line is a role of the sample application, and where the role stands in it. The image's entry point
/// is `swarmlab demo`; a command may also spell it out.
pub fn role(line: &[String]) -> Option<usize> {
    line.iter().position(|a| ROLES.contains(&a.as_str()))
}

/// Arguments of the child: those of the container from the role on, without what belongs to the container.
pub fn args(from_role: &[String], listen: SocketAddr, state_dir: &Path) -> Vec<String> {
    let mut args = vec!["demo".to_owned()];
    args.extend(without_options(from_role, CONTAINER_ONLY));
    args.extend(["--listen".to_owned(), listen.to_string()]);
    if from_role.first().is_some_and(|role| role == NEEDS_DATABASE) {
        let database = state_dir.join("exercise.sqlite");
        args.extend(["--database".to_owned(), format!("sqlite:{}", database.display())]);
    }
    args.push("--exit-with-parent".to_owned());
    args
}

/// Environment of the child: that of the container without what belongs to it, and the secret.
pub fn environment(of_container: BTreeMap<String, String>, state_dir: &Path) -> BTreeMap<String, String> {
    let mut env = of_container;
    env.retain(|name, _| !CONTAINER_ONLY_ENV.contains(&name.as_str()));
    env.insert("DEMO_TOKEN_SECRET_FILE".to_owned(), state_dir.join(TOKEN_SECRET).display().to_string());
    env
}

/// Arguments of the built-in proxy.
pub fn proxy_args(listen: SocketAddr, admin: SocketAddr, upstreams: &[SocketAddr]) -> Vec<String> {
    let mut args: Vec<String> =
        ["demo", "proxy", "--listen", &listen.to_string(), "--admin", &admin.to_string()]
            .map(str::to_owned)
            .to_vec();
    for u in upstreams {
        args.extend(["--upstream".to_owned(), u.to_string()]);
    }
    args.push("--exit-with-parent".to_owned());
    args
}

/// A fresh secret for the tokens of one run, readable by this user only.
///
/// # Errors
/// The file cannot be written.
pub fn write_token_secret(state_dir: &Path) -> Result<(), TestbedError> {
    use std::io::{Read, Write};
    use std::os::unix::fs::OpenOptionsExt;
    let path = state_dir.join(TOKEN_SECRET);
    let write = || {
        let mut random = [0_u8; 24];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
        let text: String = random.iter().map(|b| format!("{b:02x}")).collect();
        std::fs::File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?
            .write_all(text.as_bytes())
    };
    write().map_err(|source| TestbedError::Io { what: format!("write {}", path.display()), source })
}

/// Drops `--option value` and `--option=value` of the given options.
fn without_options(args: &[String], options: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    let mut it = args.iter();
    while let Some(a) = it.next() {
        if options.contains(&a.as_str()) {
            it.next();
        } else if !options.iter().any(|o| a.strip_prefix(o).is_some_and(|rest| rest.starts_with('='))) {
            out.push(a.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_only_options_are_dropped_in_both_spellings() {
        let args: Vec<String> =
            ["demo", "gateway", "--listen", "0.0.0.0:1", "--listen=0.0.0.0:2", "--listener", "x"]
                .map(str::to_owned)
                .to_vec();
        assert_eq!(without_options(&args, &["--listen"]), ["demo", "gateway", "--listener", "x"]);
    }
}
