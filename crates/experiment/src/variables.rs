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
/// names, each with where it is set; `asked` are those that were asked for when the file was read, and no others have any
/// effect: not what stands in a comment, behind `$$`, or within the default of another.
pub(super) fn unused(set: &[(String, Value<'_>)], stack: &Path, asked: &BTreeSet<String>) {
    for (shown, at) in set {
        let name = shown.trim_start_matches("--set ");
        if asked.contains(name) {
            continue;
        }
        let message = format!("{} has no variable `{name}`: `{shown}` would have no effect", stack.display());
        let list: Vec<&str> = asked.iter().map(String::as_str).collect();
        let help = match nearest(name, list.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if list.is_empty() => "the file has no variables (`${NAME:-default}`)".to_owned(),
            None => format!("its variables: {}", list.join(", ")),
        };
        at.cx().push(at.error(codes::UNUSED_VARIABLE, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    fn findings(variables: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write(
            "stack.yml",
            "services:\n  web:\n    image: ${IMAGE:-nginx${TAG:-}}\n    hostname: $HOST # not $DOMAIN\n    command: [echo, $$SHELL]\n",
        );
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
        assert!(said.contains("its variables: HOST, IMAGE"), "{said}");
    }

    #[test]
    fn what_only_looks_like_a_variable_of_the_file_is_none() {
        assert_eq!(findings("{ IMAGE: x, HOST: z }"), "0 warnings");
        // A default is taken as it stands; a comment, and what stands behind two dollars, are never replaced.
        for name in ["TAG", "DOMAIN", "SHELL"] {
            let said = findings(&format!("{{ {name}: y }}"));
            assert!(said.contains(&format!("has no variable `{name}`")), "{said}");
        }
    }
}
