//! A secret that does not print itself.

use std::io::Read;

use crate::DemoError;

/// A password or key. It shows up neither in `Debug` output nor in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret that the caller already holds.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Makes up a secret of 256 random bits, for what ends with the process.
    pub(crate) fn random() -> Result<Self, DemoError> {
        const SOURCE: &str = "/dev/urandom";
        let mut bits = [0; 32];
        std::fs::File::open(SOURCE)
            .and_then(|mut source| source.read_exact(&mut bits))
            .map_err(|e| DemoError::Secret { variable: SOURCE.into(), reason: e.to_string() })?;
        Ok(Self(bits.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// Reads a secret the way container images do: from the file that `<variable>_FILE` names, else from
    /// `variable` itself. One newline at the end of the file is not part of the secret. `None` when neither
    /// is set.
    ///
    /// # Errors
    /// Both are set, the file cannot be read, or the secret is empty or no UTF-8.
    pub fn from_env(variable: &str) -> Result<Option<Self>, DemoError> {
        Self::from_lookup(variable, |name| std::env::var_os(name))
    }

    fn from_lookup(
        variable: &str,
        get: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Option<Self>, DemoError> {
        let file_variable = format!("{variable}_FILE");
        let error = |variable: &str, reason: String| DemoError::Secret { variable: variable.into(), reason };
        let (value, variable) = match (get(&file_variable), get(variable)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(error(
                    &file_variable,
                    format!("`{variable}` is set as well; set one of the two"),
                ));
            }
            (Some(path), None) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|e| error(&file_variable, format!("{}: {e}", path.display())))?;
                (text.strip_suffix('\n').map_or(text.clone(), Into::into), file_variable.as_str())
            }
            (None, Some(value)) => {
                let text = value.into_string().map_err(|_| error(variable, "it is no UTF-8".into()))?;
                (text, variable)
            }
        };
        if value.is_empty() {
            return Err(error(variable, "it is empty".into()));
        }
        Ok(Some(Self(value)))
    }

    /// The secret itself, for the one place that needs it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lookup(pairs: &[(&str, &str)]) -> Result<Option<Secret>, DemoError> {
        Secret::from_lookup("PW", |name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.into()))
    }

    #[test]
    fn a_file_wins_its_newline_off() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "geheim \n").unwrap();
        let secret = lookup(&[("PW_FILE", file.path().to_str().unwrap())]).unwrap().unwrap();
        assert_eq!(secret.expose(), "geheim ");
    }

    #[test]
    fn the_variable_serves_without_a_file() {
        assert_eq!(lookup(&[("PW", "x")]).unwrap().unwrap().expose(), "x");
        assert_eq!(lookup(&[]).unwrap(), None);
    }

    #[test]
    fn doubtful_settings_are_errors() {
        for pairs in [&[("PW", "a"), ("PW_FILE", "b")][..], &[("PW", "")], &[("PW_FILE", "/no/such/file")]] {
            assert!(lookup(pairs).is_err(), "{pairs:?}");
        }
    }

    #[test]
    fn debug_output_hides_it() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
