//! `checks: [ "p95(response) < 250ms", "max(ms-exercise.cpu) < 0.9 cores" ]`

use swarmlab_checks::{Check, Known, parse};
use swarmlab_codes as codes;
use swarmlab_yaml::Value;

use super::target::one_of;

/// Reads one threshold, whose figures, services and endpoints must be such as the run can have.
pub(super) fn read(value: &Value<'_>, known: &Known<'_>) -> Option<Check> {
    let text = value.string()?;
    let check = match parse(&text) {
        Ok(check) => check,
        Err(e) => {
            let message = format!("{}: {} at character {}", value.path(), e.problem, e.at + 1);
            value.fail(codes::BAD_CHECK, message, e.expected);
            return None;
        }
    };
    let Some(stranger) = known.stranger(&check) else { return Some(check) };
    let message = format!("{}: the run will have no {} `{}`", value.path(), stranger.what, stranger.name);
    value.cx().push(one_of(value.error(codes::BAD_CHECK, message), &stranger.name, &stranger.known));
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_yaml::Cx;

    use super::*;

    fn findings(checks: &str) -> String {
        let services = ["gateway".to_owned(), "ms-exercise".to_owned()];
        let endpoints = ["login".to_owned()];
        let known = Known { services: Some(&services), endpoints: Some(&endpoints) };
        let document = swarmlab_yaml::load(checks, "experiment.yml").unwrap();
        let cx = Cx::new(&document);
        let found = cx.root().list(|v| read(v, &known));
        cx.finish(found).map_or_else(|all| all.to_string(), |_| String::new())
    }

    #[test]
    fn names_that_the_run_cannot_have_are_found_where_they_stand() {
        for (check, place, meant) in [
            ("throughputt >= 95 % of offered", "experiment.yml:2:3", "throughput"),
            ("\"max(ms-exercse.cpu) < 1 cores\"", "experiment.yml:2:3", "ms-exercise"),
            ("\"p95(response:logn) < 5 ms\"", "experiment.yml:2:3", "login"),
        ] {
            let told = findings(&format!("- sent > 1\n- {check}\n"));
            assert!(told.contains("E150") && told.contains(place), "{told}");
            assert!(told.contains(&format!("did you mean `{meant}`?")), "{told}");
        }
        assert_eq!(findings("- \"max(gateway.cpu) < 1 cores\"\n- errors:login / sent < 1 %\n"), "");
    }
}
