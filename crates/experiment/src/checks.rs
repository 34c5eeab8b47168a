//! `checks: [ "p95(response) < 250ms", { check: "errors / sent < 1 %", abort: after 10s } ]`

use swarmlab_checks::{Check, Known, Threshold, only_later, parse};
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Value, parse_duration};

use super::target::one_of;

/// Reads one threshold, whose figures, services and endpoints must be such as the run can have.
pub(super) fn read(value: &Value<'_>, known: &Known<'_>) -> Option<Threshold> {
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        return check(value, known).map(Threshold::at_the_end);
    }
    let map = value.mapping()?;
    let read = map.required("check", |v| check(v, known));
    let abort_after_s = map.or("abort", None, |v| abort(v, read.as_ref()).map(Some));
    map.finish();
    Some(Threshold { check: read?, abort_after_s })
}

/// `after 10s`
fn abort(value: &Value<'_>, check: Option<&Check>) -> Option<f64> {
    let text = value.string()?;
    let length = text.trim().strip_prefix("after ").map(|length| parse_duration(length.trim()));
    let Some(Ok(length)) = length else {
        value.fail(
            codes::BAD_VALUE,
            format!("{} cannot be `{text}`", value.path()),
            "`after` and a duration: after 10s",
        );
        return None;
    };
    if let Some(why) = check.and_then(only_later) {
        let message = format!("{}: this check cannot end the load: {why}", value.path());
        value.cx().push(
            value
                .error(codes::BAD_CHECK, message)
                .help("leave `abort` out: it is judged when the run is over"),
        );
        return None;
    }
    Some(length.as_secs_f64())
}

fn check(value: &Value<'_>, known: &Known<'_>) -> Option<Check> {
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
        assert_eq!(findings("- { check: error_rate < 1 %, abort: after 10s }\n"), "");
        for (threshold, words) in [
            ("{ check: error_rate < 1 %, abort: 10s }", "`after` and a duration"),
            ("{ check: error_rate < 1 %, abort: after a while }", "`after` and a duration"),
            ("{ check: \"max(gateway.cpu) < 1 cores\", abort: after 10s }", "known when the run is over"),
            ("{ check: sent > 1000, abort: after 10s }", "grows as long as the load lasts"),
            ("{ abort: after 10s }", "check"),
        ] {
            let told = findings(&format!("- {threshold}\n"));
            assert!(told.contains(words) && told.contains("experiment.yml:1:"), "{threshold}: {told}");
        }
        assert_eq!(findings("- \"max(gateway.cpu) < 1 cores\"\n- errors:login / sent < 1 %\n"), "");
    }
}
