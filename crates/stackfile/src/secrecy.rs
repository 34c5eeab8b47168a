//! Which values are not written down.

/// Whether a variable is called like one that holds a secret: its value is not written down. One that names the file of a
/// secret holds none.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    const WORDS: [&str; 9] =
        ["PASS", "PASSWD", "PASSWORD", "SECRET", "TOKEN", "KEY", "APIKEY", "CREDENTIAL", "CREDENTIALS"];
    let name = name.to_ascii_uppercase();
    !name.ends_with("_FILE") && name.split('_').any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    #[test]
    fn values_of_secrets_are_not_written_down() {
        for (name, expected) in [
            ("DB_PASSWORD", true),
            ("api_key", true),
            ("WEB_CPUS", false),
            ("MAX_TOKENS", false),
            ("POSTGRES_PASSWORD_FILE", false),
        ] {
            assert_eq!(super::is_secret_name(name), expected, "{name}");
        }
    }
}
