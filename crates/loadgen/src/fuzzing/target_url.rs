//! URLs of targets, and the passwords in them.

use crate::{LoadTarget, Scheme, TargetError};

/// What no message may show.
const MARK: &str = "S3CRET";

/// Two inputs in one. All of it as a URL: refused with a message, or a target that can be used. Then line by
/// line what stands before a user, the user, what stands before and behind the mark in the password, and the rest
/// of the URL: the mark is never shown.
pub fn target_url(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    accept(&text.replace('\n', ""));
    let mut lines = text.splitn(5, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (before, user, left, right, rest) = (next(), next(), next(), next(), next());
    let url = format!("{before}{user}:{left}{MARK}{right}@{rest}");
    // All of an absolute path of a socket is the path.
    let is_path = url
        .strip_prefix("unix:")
        .is_some_and(|path| path.strip_prefix("//").unwrap_or(path).starts_with('/'));
    match LoadTarget::parse(&url) {
        Err(error) => assert!(is_path || !error.to_string().contains(MARK), "{url:?}: {error}"),
        Ok(target) if target.scheme == Scheme::Redis => {
            assert!(!format!("{target:?}").contains(MARK), "{url:?}");
            let Some(credentials) = target.credentials else { panic!("{url:?}: no credentials") };
            let password = credentials.password.expose();
            assert!(password.windows(MARK.len()).any(|part| part == MARK.as_bytes()), "{url:?}");
        }
        // In a base path the mark is no password.
        Ok(_) => {}
    }
}

/// An accepted target passes its check, but for what the engine does not speak.
fn accept(url: &str) {
    match LoadTarget::parse(url) {
        Ok(target) => match target.check() {
            Ok(()) | Err(TargetError::Combination(_)) => {
                assert!(!target.name.is_empty() && !target.host.is_empty());
                assert!(target.scheme == Scheme::Redis || target.credentials.is_none());
            }
            Err(error) => panic!("{url:?}: {error}"),
        },
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
