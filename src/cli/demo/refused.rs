//! What a role would refuse, without starting it.

use std::collections::BTreeMap;

use super::DemoArgs;

/// A role and its options, as on a command line.
#[derive(Debug, clap::Parser)]
#[command(name = "swarmlab demo", no_binary_name = true)]
struct Line {
    #[command(flatten)]
    args: DemoArgs,
}

/// What a role would refuse of a container's command line and its environment, in one sentence; nothing of a command line
/// without a role. Options that are set in both ways are taken from the command line, as the role does.
pub fn refused(line: &[String], environment: &BTreeMap<String, String>) -> Option<String> {
    // This process's own variables are not the container's.
    let command = <Line as clap::CommandFactory>::command()
        .mut_subcommands(|role| role.mut_args(|option| option.env(None::<&str>)));
    let of = |role: &clap::Command| -> Vec<String> {
        role.get_arguments().filter_map(|a| a.get_long().map(str::to_owned)).collect()
    };
    let known: BTreeMap<&str, Vec<String>> =
        command.get_subcommands().map(|r| (r.get_name(), of(r))).collect();
    let role = line.iter().position(|word| known.contains_key(word.as_str()))?;
    let mut line = line[role..].to_vec();
    let own = &known[line[0].as_str()];
    for (name, value) in environment {
        let Some(option) = name.strip_prefix("DEMO_").filter(|_| !SECRETS.contains(&name.as_str())) else {
            continue;
        };
        // One block of variables may serve several roles; each leaves those of the others alone.
        let long = option.to_ascii_lowercase().replace('_', "-");
        if !own.contains(&long) && known.values().any(|of| of.contains(&long)) {
            continue;
        }
        let option = format!("--{long}");
        let given = |a: &String| *a == option || a.starts_with(&format!("{option}="));
        if !line.iter().any(given) {
            line.push(format!("{option}={value}"));
        }
    }
    let read = command.clone().try_get_matches_from(line);
    let text = match read.and_then(|matches| <Line as clap::FromArgMatches>::from_arg_matches(&matches)) {
        Ok(line) => return line.args.role.validate().err().map(|e| e.to_string()),
        Err(refused) => refused.to_string(),
    };
    let first = text.lines().next().unwrap_or_default();
    Some(first.trim_start_matches("error: ").to_owned())
}

/// Variables that a role reads by itself: they never stand on a command line.
const SECRETS: [&str; 4] =
    ["DEMO_PASSWORD", "DEMO_PASSWORD_FILE", "DEMO_TOKEN_SECRET", "DEMO_TOKEN_SECRET_FILE"];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_role_would_refuse_is_found_without_starting_it() {
        let refused = |role: &[&str], set: &[(&str, &str)]| {
            let role: Vec<String> = role.iter().map(|&a| a.to_owned()).collect();
            let set = set.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
            refused(&role, &set)
        };
        let fine = [
            ("DEMO_LISTEN", "0.0.0.0:1"),
            ("DEMO_DEMAND_MS", "2.5"),
            ("DEMO_PASSWORD_FILE", "/p"),
            ("TZ", "UTC"),
        ];
        assert_eq!(refused(&["ms-other"], &fine), None);
        // The command line goes before the environment.
        assert_eq!(refused(&["ms-other", "--demand-ms", "3"], &[("DEMO_DEMAND_MS", "abc")]), None);
        let said = refused(&["ms-other"], &[("DEMO_DEMAND_MS", "abc")]).unwrap();
        assert!(said.contains("invalid value 'abc' for '--demand-ms"), "{said}");
        let said = refused(&["ms-other"], &[("DEMO_DISTRIBUTION", "bimodal")]).unwrap();
        assert!(said.contains("bimodal"), "{said}");
        assert_eq!(refused(&["ms-other"], &[("DEMO_EXERCISE_URL", "http://x")]), None, "another role's");
        let said = refused(&["ms-other"], &[("DEMO_DEMAND_MSS", "2")]).unwrap();
        assert!(said.contains("--demand-mss"), "{said}");
        // What can be read and cannot work.
        for demand_ms in ["60001", "-1", "NaN"] {
            let said = refused(&["ms-other"], &[("DEMO_DEMAND_MS", demand_ms)]).unwrap();
            assert!(said.contains(&format!("between 0 and 60000 ms, got {demand_ms}")), "{said}");
        }
        let said = refused(&["ai-agent", "--model-b-ms", "60001"], &[]).unwrap();
        assert!(said.contains("got 60001"), "{said}");
        assert!(refused(&["gateway"], &[]).is_some(), "it needs to know where the others are");
        // The image's entry point may be spelt out, and a command line of something else is none of ours.
        assert!(refused(&["swarmlab", "demo", "ms-other"], &[("DEMO_DEMAND_MS", "abc")]).is_some());
        assert_eq!(refused(&["sleep", "5"], &[("DEMO_DEMAND_MS", "abc")]), None);
    }
}
