//! Comparisons of samples against scipy and statsmodels: `tests/reference/samples.py` wrote `samples.json`.
#![allow(clippy::unwrap_used)]

use rand::SeedableRng;
use rand::rngs::SmallRng;
use swarmlab_reference::{Value, all_close, close, number, numbers};
use swarmlab_stats::power::{Design, of_difference, of_equivalence};
use swarmlab_stats::{cliff, efron, equivalence, hodges_lehmann, multiple, noncentral_t, randomisation};

fn section(name: &str) -> Vec<Value> {
    swarmlab_reference::section(include_str!("reference/samples.json"), name)
}

#[track_caller]
fn shift_is(ours: hodges_lehmann::Shift, theirs: &Value) {
    close(ours.estimate, number(theirs, "estimate"));
    close(ours.ci_low, number(theirs, "low"));
    close(ours.ci_high, number(theirs, "high"));
    close(ours.level, number(theirs, "level"));
}

#[test]
fn shifts_with_rank_intervals() {
    for case in section("pairs") {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        shift_is(hodges_lehmann::two_sample(&x, &y, 0.95).unwrap(), &case["shift"]);
        shift_is(hodges_lehmann::two_sample(&x, &y, 0.8).unwrap(), &case["shift_80"]);
        if !case["paired"].is_null() {
            shift_is(hodges_lehmann::paired(&x, &y, 0.95).unwrap(), &case["paired"]);
        }
    }
}

/// What R's manual page of `wilcox.test` prints for its own example.
#[test]
fn the_example_of_r() {
    let x = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
    let y = [1.15, 0.88, 0.90, 0.74, 1.21];
    let shift = hodges_lehmann::two_sample(&x, &y, 0.95).unwrap();
    close(shift.estimate, 0.305);
    close(shift.ci_low, -0.15);
    close(shift.ci_high, 0.76);
}

#[test]
fn cliffs_delta() {
    for case in section("pairs") {
        let delta = cliff::delta(&numbers(&case["x"]), &numbers(&case["y"]), 0.95).unwrap();
        close(delta.estimate, number(&case["cliff"], "delta"));
        close(delta.ci_low, number(&case["cliff"], "low"));
        close(delta.ci_high, number(&case["cliff"], "high"));
    }
}

#[test]
fn permutations_of_two_samples_and_of_signs() {
    let mut rng = SmallRng::seed_from_u64(1);
    for case in section("pairs") {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let test = randomisation::two_sample(&mut rng, &x, &y, 1).unwrap();
        assert!(test.exact && test.least_p <= test.p);
        close(test.p, number(&case, "permutation"));
        if !case["paired"].is_null() {
            close(randomisation::paired(&mut rng, &x, &y, 1).unwrap().p, number(&case, "paired_permutation"));
        }
    }
}

#[test]
fn two_one_sided_tests() {
    for case in section("pairs") {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        for margin in case["tost"].as_array().unwrap() {
            let ours = equivalence::two_sample(&x, &y, number(margin, "margin")).unwrap();
            close(ours.p_above, number(margin, "above"));
            close(ours.p_below, number(margin, "below"));
            assert_eq!(ours.p, ours.p_above.max(ours.p_below));
            if !margin["paired_above"].is_null() {
                let ours = equivalence::paired(&x, &y, number(margin, "margin")).unwrap();
                close(ours.p_above, number(margin, "paired_above"));
                close(ours.p_below, number(margin, "paired_below"));
            }
        }
    }
}

#[test]
fn corrected_bootstrap_intervals() {
    for case in section("bootstrap") {
        let jackknife = numbers(&case["jackknife"]);
        let mut replicates = numbers(&case["replicates"]);
        let (low, high) =
            efron::bca(&mut replicates, number(&case, "estimate"), &jackknife, number(&case, "level"));
        close(low, number(&case, "low"));
        close(high, number(&case, "high"));
    }
}

#[test]
fn holm() {
    for case in section("holm") {
        all_close(&multiple::holm(&numbers(&case["p"])).unwrap(), &case["holm"]);
    }
}

#[test]
fn noncentral_t_and_power() {
    for case in section("noncentral_t") {
        let ours = noncentral_t::cdf(number(&case, "t"), number(&case, "dof"), number(&case, "delta"));
        assert!((ours - number(&case, "p")).abs() < 1e-10, "{ours} {case}");
    }
    for case in section("power") {
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let (effect, alpha) = (number(&case, "effect"), number(&case, "alpha"));
        let ours = of_difference(Design::TwoSample(count("m"), count("n")), effect, alpha);
        close(ours, number(&case, "power"));
        close(of_difference(Design::Paired(count("m")), effect, alpha), number(&case, "paired"));
    }
    for case in section("equivalence_power") {
        let n = case["n"].as_u64().unwrap() as usize;
        let design = Design::TwoSample(n, n);
        close(
            of_equivalence(design, number(&case, "margin"), number(&case, "shift"), 0.05),
            number(&case, "power"),
        );
    }
}
