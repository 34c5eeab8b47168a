//! A run that proves its numbers.

use crate::bystanders::Bystanders;
use crate::engine::{assert_gone, engine, swarm_id};
use crate::support::{Lab, verdict};

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_closed_loop_proves_its_numbers_and_leaves_only_what_was_there() {
    let (bystanders, swarm) = (Bystanders::start(), swarm_id());
    let lab = Lab::new();
    let shape = "shape: step\nfirst: 2\nincrement: 2\nsteps: 4\nhold: 12s\ndown: true\n";
    let experiment = lab.experiment("proof", "swarm", shape, "seed: 7");
    let ended = lab.run(&experiment, &["--name", "proof", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let summary = ended.summary();
    eprintln!("{}", serde_json::to_string_pretty(&summary["demands"]).unwrap());
    eprintln!("{}", serde_json::to_string_pretty(&summary["counts"]).unwrap());
    eprintln!("{}", serde_json::to_string_pretty(&summary["little"]).unwrap());

    let sent = summary["counts"]["sent"].as_f64().unwrap();
    assert!(sent > 3000.0, "{sent}");
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass");
    let count = |counter: &str| {
        let all = summary["counts"]["servers"].as_array().unwrap();
        let c = all
            .iter()
            .find(|c| c["counter"] == counter)
            .unwrap_or_else(|| panic!("nobody is called {counter}"));
        assert_eq!(c["exact"], true, "{c}");
        c["count"].as_f64().unwrap()
    };
    assert_eq!(count("gateway-envoy: requests from its clients"), sent);
    assert_eq!(count("gateway: its own count"), sent);
    // Every gateway request causes exactly one further request; matching of names is exact, or these sums would not fit.
    let behind = count("ms-exercise-envoy: requests from its clients")
        + count("ms-other-envoy: requests from its clients");
    assert_eq!(behind, sent);
    assert_eq!(
        count("ms-exercise: its own count"),
        count("ms-exercise-envoy: requests to the service behind")
    );

    let demand =
        summary["demands"].as_array().unwrap().iter().find(|d| d["service"] == "ms-exercise").unwrap();
    let s = |key: &str| demand[key].as_f64().unwrap();
    let (fitted, own, configured) = (s("demand_s"), s("self_accounted_s"), s("declared_s"));
    assert_eq!(configured, 0.015);
    assert!((fitted / own - 1.0).abs() <= 0.02, "fitted {fitted}, own account {own}");
    assert!((fitted / configured - 1.0).abs() <= 0.05, "fitted {fitted}, configured {configured}");
    // The average of the service's own account holds what it uses while idle (0.5 % here, for answering the scrapes
    // that read it): more than the interval's half width leaves room for. What a request costs is the account
    // without that share: this is what is fitted, and what the verdict compares.
    let marginal = s("self_marginal_s");
    assert!((marginal / own - 1.0).abs() <= 0.02, "own account {own}, without its idle share {marginal}");
    assert!(
        (fitted / marginal - 1.0).abs() <= 0.02,
        "fitted {fitted}, own account {own}, a request {marginal}"
    );
    let (low, high) = (demand["ci_s"][0].as_f64().unwrap(), demand["ci_s"][1].as_f64().unwrap());
    assert!((low..=high).contains(&marginal), "{marginal} is not in {low} to {high}");
    assert!(high / low - 1.0 <= 0.05, "an interval from {low} to {high} proves little");
    assert_eq!(demand["method"], "regression");

    assert_eq!(verdict(&summary, "littles-law")["status"], "pass");
    assert!(summary["little"]["relative_gap"].as_f64().unwrap() <= 0.05);
    assert_eq!(verdict(&summary, "data-complete")["status"], "pass", "{:#}", summary["notes"]);

    assert_gone("proof");
    bystanders.assert_untouched();
    assert_eq!(swarm_id(), swarm, "the Swarm was left or made anew");
}
