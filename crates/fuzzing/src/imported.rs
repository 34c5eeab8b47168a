//! What both targets of imports promise: a text that is a scenario, and the same for the same bytes.

use swarmlab_experiment::scenario_from_text;
use swarmlab_import::{ImportError, Options, import};

/// Imports, and reads what was made.
pub(crate) fn run(data: &[u8], name: &str) {
    let options = Options { secrets_file: "s.csv".to_owned(), ..Options::default() };
    let made = match import(data, name, &options) {
        Ok(made) => made,
        Err(error) => {
            assert!(!error.to_string().is_empty() && error != ImportError::TooLarge);
            return;
        }
    };
    assert_eq!(Ok(&made), import(data, name, &options).as_ref());
    // There is no table of secrets here: its columns become something that is always known.
    let mut text = made.scenario;
    if let Some(table) = &made.secrets {
        text = text.replace("feeders:\n  secrets: { file: s.csv }\n", "");
        for column in table.lines().next().unwrap_or_default().split(',') {
            for end in ["}}", "|url}}"] {
                text = text.replace(&format!("{{{{secrets.{column}{end}"), &format!("{{{{user{end}"));
            }
        }
    }
    match scenario_from_text(&text) {
        Ok(scenario) => assert_eq!(scenario.steps().count(), made.steps),
        Err(findings) => panic!("{findings}\n{text}"),
    }
}
