//! `variables: { NAME: value }`: what the experiment sets of the stack file's variables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_yaml::{Value, nearest};

/// Reads the element.
pub(super) fn read(value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    Some(value.map(Value::text)?.into_iter().map(|(key, text)| (key.name, text)).collect())
}

/// Finds variables that the stack file does not have: set in vain, a factor of a study would silently do nothing. `set` are
/// names, each with where it is set; `asked` are those that were asked for (one that stands in a default that was not needed
/// is in the text alone).
pub(super) fn unused(set: &[(String, Value<'_>)], stack: &Path, asked: &BTreeSet<String>) {
    let text = std::fs::read_to_string(stack).unwrap_or_default();
    let mut known: BTreeSet<&str> = names(&text).collect();
    known.extend(asked.iter().map(String::as_str));
    for (shown, at) in set {
        let name = shown.trim_start_matches("--set ");
        if known.contains(name) {
            continue;
        }
        let message = format!("{} has no variable `{name}`: `{shown}` would have no effect", stack.display());
        let list: Vec<&str> = known.iter().copied().collect();
        let help = match nearest(name, list.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if list.is_empty() => "the file has no variables (`${NAME:-default}`)".to_owned(),
            None => format!("its variables: {}", list.join(", ")),
        };
        at.cx().push(at.error(codes::UNUSED_VARIABLE, message).help(help));
    }
}

/// Names behind `$` and `${`.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).filter_map(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
        Some(&after[..end]).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    fn findings(variables: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", "services:\n  web:\n    image: ${IMAGE:-nginx${TAG:-}}\n    hostname: $HOST\n");
        write("shape.yml", "shape: constant\nlevel: 1\nduration: 30s\n");
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write(
            "experiment.yml",
            &format!(
                "name: a\nstack: stack.yml\ntarget: {{ service: web, port: 80 }}\nvariables: {variables}\n\
                 load: {{ model: open, shape: shape.yml, scenario: scenario.yml }}\n"
            ),
        );
        let read = crate::read(&folder.path().join("experiment.yml"), &|_| None);
        read.map_or_else(|wrong| wrong.to_string(), |loaded| loaded.warnings.to_string())
    }

    #[test]
    fn a_misspelt_variable_is_an_error_with_a_suggestion() {
        let said = findings("{ IMAGE: x, HOTS: y }");
        assert!(said.contains("E110-unused-variable") && said.contains("has no variable `HOTS`"), "{said}");
        assert!(said.contains("did you mean `HOST`?") && said.contains("experiment.yml:4:"), "{said}");
        let said = findings("{ REPLICAS: 3, HOST: y }");
        assert!(said.contains("its variables: HOST, IMAGE, TAG"), "{said}");
    }

    #[test]
    fn a_variable_in_a_default_that_is_not_needed_is_one() {
        assert_eq!(findings("{ IMAGE: x, TAG: y, HOST: z }"), "0 warnings");
    }
}
