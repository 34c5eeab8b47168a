//! Campaign files: which variants and trials they are, and what is told of those that are wrong.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use swarmlab_campaign::{Campaign, Setting, folder, read};

fn campaign(text: &str) -> Result<Campaign, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("campaign.yml");
    std::fs::write(&path, format!("name: a\nexperiment: e.yml\n{text}")).unwrap();
    read(&path).map_err(|e| e.to_string())
}

fn names(campaign: &Campaign) -> Vec<&str> {
    campaign.variants.iter().map(|v| v.name.as_str()).collect()
}

#[test]
fn variants_are_all_combinations_but_those_that_are_excluded() {
    let read = campaign(
        "axes:\n  POOL: [4, 08]\n  load.shape: [a.yml, b.yml]\n  controller:\n    hpa: { autoscale.web: { controller: hpa, at: [1, \
         x] } }\n    pid: { autoscale.web.controller: pid, MAX: '4' }\n    none:\nexclude:\n  - { POOL: 4, controller: [hpa, pid] \
         }\n  - { load.shape: b.yml, controller: none }\n",
    )
    .unwrap();
    assert_eq!(
        names(&read),
        [
            "POOL=4, load.shape=a.yml, controller=none",
            "POOL=08, load.shape=a.yml, controller=hpa",
            "POOL=08, load.shape=a.yml, controller=pid",
            "POOL=08, load.shape=a.yml, controller=none",
            "POOL=08, load.shape=b.yml, controller=hpa",
            "POOL=08, load.shape=b.yml, controller=pid",
        ]
    );
    let words = |at: usize| read.variants[at].settings.iter().map(Setting::word).collect::<Vec<_>>();
    assert_eq!(
        words(1),
        ["--set POOL=08", "--with load.shape=a.yml", "--with autoscale.web={controller: hpa, at: [1, x]}"]
    );
    assert_eq!(words(2)[2..], ["--with autoscale.web.controller=pid", "--set MAX=4"]);
    let told = read.overrides(&read.variants[2], Some(44));
    assert_eq!((told.set["POOL"].as_str(), told.set["MAX"].as_str(), told.seed), ("08", "4", Some(44)));
    assert_eq!((read.repetitions, read.attempts, read.seed, read.require_valid), (5, 3, 42, false));
}

#[test]
fn blocks_are_complete_in_random_order_with_one_seed_each() {
    let text =
        |repetitions: u32| format!("axes: {{ POOL: [1, 2, 3, 4] }}\nrepetitions: {repetitions}\nseed: 7\n");
    let five = campaign(&text(5)).unwrap();
    let trials = five.trials();
    assert_eq!(trials.len(), 20);
    let mut orders = BTreeSet::new();
    for (at, block) in trials.chunks(4).enumerate() {
        let variants: Vec<usize> = block.iter().map(|t| t.variant).collect();
        assert_eq!(
            variants.iter().copied().collect::<BTreeSet<_>>(),
            (0..4).collect(),
            "a block holds each once"
        );
        assert!(block.iter().all(|t| t.block == at + 1 && t.seed == 7 + at as u64));
        orders.insert(variants);
    }
    assert!(orders.len() > 1, "{orders:?}");
    assert!(trials.iter().enumerate().all(|(at, t)| t.number == at + 1));
    let folders: BTreeSet<_> = trials.iter().map(|t| t.folder()).collect();
    assert_eq!(folders.len(), 20);
    // More repetitions are the same campaign, gone on with.
    let eight = campaign(&text(8)).unwrap();
    assert_eq!(eight.trials()[..20], trials);
    let recorded = |c: &Campaign| folder::Recorded::of(c, "name: e\n");
    let goes_on = |now: &folder::Recorded, before: &folder::Recorded| {
        now.goes_on(before, "results/a".as_ref()).map_err(|e| e.to_string())
    };
    goes_on(&recorded(&eight), &recorded(&five)).unwrap();
    assert!(goes_on(&recorded(&five), &recorded(&eight)).unwrap_err().contains("more repetitions"));
    let other = campaign("axes: { POOL: [1, 2, 3, 5] }\nseed: 7\n").unwrap();
    assert!(goes_on(&recorded(&other), &recorded(&five)).unwrap_err().contains("its axes"));
    let other = campaign("axes: { POOL: [1, 2, 3, 4] }\nseed: 8\n").unwrap();
    assert!(goes_on(&recorded(&other), &recorded(&five)).unwrap_err().contains("its seed"));
    let changed = folder::Recorded::of(&five, "name: f\n");
    assert!(goes_on(&changed, &recorded(&five)).unwrap_err().contains("experiment's file"));
}

#[test]
fn an_experiment_is_compared_with_itself_by_levels_that_set_nothing() {
    let read = campaign("axes: { same: { a: , b: {} } }\nrepetitions: 2\n").unwrap();
    assert_eq!(names(&read), ["same=a", "same=b"]);
    assert!(read.variants.iter().all(|v| v.settings.is_empty()));
}

#[test]
fn an_axis_may_set_something_in_what_one_before_sets() {
    let read = campaign("axes: { x: { a: { slo: { p95: 1s } }, b: }, slo.error_rate: [1%, 2%] }\n").unwrap();
    assert_eq!(read.variants.len(), 4);
}

#[test]
fn an_end_is_looked_for_by_one_figure_or_several() {
    use swarmlab_campaign::until::{HalfWidth, Until};
    let read = campaign(
        "axes: { P: [1, 2] }\nuntil: [{ figure: response_p95_ms, half_width: 3 % }, { figure: demand_ms:web, half_width: 0.5 }]\n",
    )
    .unwrap();
    let until = |figure: &str, half_width| Until { figure: figure.to_owned(), half_width };
    let share = until("response_p95_ms", HalfWidth::Share(0.03));
    assert_eq!(read.until, [share, until("demand_ms:web", HalfWidth::Amount(0.5))]);
    let before = folder::Recorded::of(&read, "x");
    let without = folder::Recorded::of(&campaign("axes: { P: [1, 2] }\n").unwrap(), "x");
    without.goes_on(&before, "results/a".as_ref()).unwrap();
}

#[test]
fn what_is_wrong_is_told_at_its_place_and_all_at_once() {
    for (text, words) in [
        ("axes: {}\n", "names nothing to vary"),
        ("axes: { POOL: [] }\n", "has no level"),
        ("axes: { POOL: 4 }\n", "a list of values, or a mapping of named levels"),
        ("axes: { POOL: [4, 4] }\n", "has `4` twice"),
        ("axes: { load: [{ model: open }] }\n", "a level needs a name"),
        ("axes: { seed: [1, 2] }\n", "the seed has an option of its own"),
        ("axes: { stack: [a.yml, b.yml] }\n", "it says which experiment this is"),
        ("axes: { 'a b': [1, 2] }\n", "no key of an experiment"),
        ("axes: { DB_PASSWORD: [a, b] }\n", "called like a secret"),
        ("axes: { POOL: [1, 2], x: { a: { variables.POOL: 3 }, b: } }\n", "`POOL` is set by another axis"),
        (
            "axes: { autoscale.web.max: [1, 2], x: { a: { autoscale: null }, b: } }\n",
            "`autoscale` would replace `autoscale.web.max`",
        ),
        (
            "axes: { load.shape: [a, b], x: { a: { '\"load\".shape': c }, b: } }\n",
            "`load.shape` is set by another",
        ),
        ("axes: { x: { a: { variables: { DB_PASSWORD: a } }, b: } }\n", "--set NAME=VALUE"),
        ("axes: { POOL: [1, 2] }\nexclude: [{ POLL: 1 }]\n", "did you mean `POOL`?"),
        ("axes: { POOL: [1, 2] }\nexclude: [{ POOL: 3 }]\n", "axis `POOL` has no level `3`"),
        ("axes: { POOL: [1, 2] }\nexclude: [{ POOL: [1, 2] }]\n", "leaves out all combinations"),
        ("axes: { POOL: [1, 2] }\nexclude: [{}]\n", "leave out everything"),
        ("axes: { POOL: [1, 2] }\nrepetitions: 0\n", "repetitions"),
        ("axes: { POOL: [1, 2] }\nrepetition: 3\n", "did you mean `repetitions`?"),
        (
            "axes: { P: [1, 2] }\nuntil: { figure: response_p95, half_width: 3% }\n",
            "did you mean `response_p95_ms`?",
        ),
        ("axes: { P: [1, 2] }\nuntil: { figure: offered, half_width: 3% }\n", "no figure `offered`"),
        ("axes: { P: [1, 2] }\nuntil: { figure: failed, half_width: -3 % }\n", "above 0"),
        ("axes: { P: [1, 2] }\nuntil: [{ figure: failed, half_width: wide }]\n", "3 %, or an amount"),
        ("axes: { P: [1, 2] }\nuntil: { figure: failed }\n", "half_width"),
        (
            "axes: { P: [1, 2] }\nrepetitions: 4\nuntil: { figure: failed, half_width: 1 }\n",
            "from 5 blocks on, and `repetitions` allows 4",
        ),
        (
            "axes: { A: [1,2,3,4,5,6,7,8,9,10], B: [1,2,3,4,5,6,7,8,9,10] }\nrepetitions: 101\n",
            "more than 10000 trials",
        ),
    ] {
        let said = campaign(text).unwrap_err();
        assert!(said.contains(words) && said.contains("campaign.yml:"), "{text}: {said}");
    }
    let said = campaign("axes: { seed: [1], name: [x] }\nrepetitions: 0\nmore: 1\n").unwrap_err();
    assert!(said.contains("4 errors"), "{said}");
}

#[test]
fn what_the_experiment_refuses_is_told_at_the_level_that_sets_it() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("stack.yml", "services:\n  web: { image: nginx, hostname: \"${HOST:-a}\" }\n");
    write("shape.yml", "shape: constant\nlevel: 2\nduration: 30s\n");
    write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
    write(
        "e.yml",
        "name: a\nstack: stack.yml\ntarget: { service: web, port: 80 }\n\
         load: { model: open, shape: shape.yml, scenario: scenario.yml }\n",
    );
    let text = "name: a\nexperiment: e.yml\naxes:\n  HOST: [a, b]\n  load.model: [open, opn]\n  HOTS: [x]\n";
    write("campaign.yml", text);
    let read = read(&dir.path().join("campaign.yml")).unwrap();
    let findings = |variant: &swarmlab_campaign::Variant| {
        let overrides = read.overrides(variant, None);
        let findings = swarmlab_experiment::read_with(&read.experiment, &|_| None, &overrides);
        findings.map_or_else(swarmlab_yaml::Diagnostics::into_vec, |loaded| loaded.warnings.into_vec())
    };
    let all = |read: &Campaign| read.variants.iter().map(findings).collect::<Vec<_>>();
    // Each slip once, whatever the number of variants that have it.
    let told = read.refused(&all(&read)).to_string();
    assert!(told.contains("campaign.yml:5:22") && told.contains("load.model cannot be `opn`"), "{told}");
    assert!(told.contains("campaign.yml:6:10") && told.contains("did you mean `HOST`?"), "{told}");
    assert!(told.contains("found in") && told.contains("2 errors"), "{told}");
    // What no level sets is told where it stands, and of which variants where it is not of all.
    write("shape.yml", "shape: constant\nlevel: -2\nduration: 30s\n");
    let told = read.refused(&all(&read)).to_string();
    assert!(told.contains("shape.yml:2:8") && told.contains("3 errors"), "{told}");
    assert!(!told.contains("(with "), "{told}");
}

#[test]
fn an_experiment_is_told_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("e.yml");
    std::fs::write(&path, "name: a\nstack: s.yml\nload: {}\n").unwrap();
    let said = read(&path).unwrap_err().to_string();
    assert!(
        said.contains("this is an experiment, not a campaign") && said.contains("swarmlab run"),
        "{said}"
    );
}
