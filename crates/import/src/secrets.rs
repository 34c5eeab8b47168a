//! What looks like a secret, and the table that it is moved to.

/// What stands in the table until the user puts the real value there.
pub const PLACEHOLDER: &str = "change-me";

/// Words in names (of headers, keys, parameters) whose values are secrets.
const WORDS: [&str; 15] = [
    "token",
    "secret",
    "password",
    "passwd",
    "passwort",
    "apikey",
    "authorization",
    "cookie",
    "sessionid",
    "sessid",
    "credential",
    "signature",
    "privatekey",
    "accesskey",
    "subscriptionkey",
];
/// Whole names, likewise.
const NAMES: [&str; 9] = ["pw", "pass", "pwd", "pin", "otp", "auth", "session", "sid", "jwt"];

/// Whether a value of this name is a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.contains(&plain.as_str()) || WORDS.iter().any(|word| plain.contains(word))
}

/// Whether a value is a secret whatever it is called: a JSON Web Token (RFC 7519).
pub(crate) fn is_secret_value(value: &str) -> bool {
    value.starts_with("eyJ") && value.split('.').count() == 3 && value.len() > 20
}

/// Columns of the table, each for one value.
#[derive(Debug, Default)]
pub(crate) struct Secrets {
    columns: Vec<(String, String)>,
}

impl Secrets {
    /// The variable for a secret called `name` whose value is `value`; the same for the same value.
    pub fn variable(&mut self, name: &str, value: &str) -> String {
        if let Some((column, _)) = self.columns.iter().find(|(_, known)| known == value && !value.is_empty())
        {
            return format!("secrets.{column}");
        }
        let base = identifier(name);
        let base = if base.is_empty() { "secret".to_owned() } else { base };
        let is_taken = |name: &str| self.columns.iter().any(|(column, _)| column == name);
        let column = unique(&base, is_taken);
        self.columns.push((column.clone(), value.to_owned()));
        format!("secrets.{column}")
    }

    /// The variable of a kind of secret, whatever its value: descriptions have none.
    pub fn named(&mut self, name: &str) -> String {
        let column = identifier(name);
        self.variable(name, &format!("\u{0}{column}"))
    }

    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(column, _)| column.as_str())
    }

    /// The table with placeholders, CSV; `None` if there is no secret.
    pub fn table(&self) -> Option<String> {
        if self.columns.is_empty() {
            return None;
        }
        let names: Vec<&str> = self.names().collect();
        let values = vec![PLACEHOLDER; names.len()];
        Some(format!("{}\n{}\n", names.join(","), values.join(",")))
    }
}

/// A name of letters, digits and `_`, lower case: `accessToken` is `access_token`.
pub(crate) fn identifier(name: &str) -> String {
    let mut out = String::new();
    let mut was_lower = false;
    for c in name.chars().take(60) {
        if c.is_ascii_alphanumeric() {
            if c.is_ascii_uppercase() && was_lower {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    out.trim_end_matches('_').to_owned()
}

/// `base`, or `base_2` and so on.
pub(crate) fn unique(base: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(base) {
        return base.to_owned();
    }
    (2..).map(|n| format!("{base}_{n}")).find(|name| !is_taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in
            ["Authorization", "X-Api-Key", "accessToken", "PHPSESSID", "user_password", "sid", "X-CSRF-Token"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["author", "pinned", "keyboard", "passenger", "page", "Accept", "sidebar"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn equal_values_share_a_column() {
        let mut secrets = Secrets::default();
        assert_eq!(secrets.variable("accessToken", "a"), "secrets.access_token");
        assert_eq!(secrets.variable("token", "a"), "secrets.access_token");
        assert_eq!(secrets.variable("access-token", "b"), "secrets.access_token_2");
        assert_eq!(secrets.named("api key"), "secrets.api_key");
        assert_eq!(secrets.named("api key"), "secrets.api_key");
        let table = "access_token,access_token_2,api_key\nchange-me,change-me,change-me\n";
        assert_eq!(secrets.table().as_deref(), Some(table));
    }
}
