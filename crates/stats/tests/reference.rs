//! Figures against scipy and statsmodels: `tests/reference/generate.py` wrote `values.json`.
#![allow(clippy::unwrap_used)]

use swarmlab_reference::{Value, all_close, close, number, numbers};
use swarmlab_stats::correlation::{fisher_interval, p_value};
use swarmlab_stats::distribution::{t_quantile, t_two_sided_p};
use swarmlab_stats::nnls::nnls;
use swarmlab_stats::{autocorrelation, demand, linear, multiple, pearson, series, spearman};

fn section(name: &str) -> Vec<Value> {
    swarmlab_reference::section(include_str!("reference/values.json"), name)
}

fn columns(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[test]
fn correlations_with_and_without_ties() {
    for case in section("correlations") {
        let (x, y) = (known(&numbers(&case["x"])), known(&numbers(&case["y"])));
        let (linear, ranked) = (pearson(&x, &y).unwrap(), spearman(&x, &y).unwrap());
        close(linear.r, number(&case, "pearson_r"));
        close(ranked.r, number(&case, "spearman_r"));
        // scipy takes the pairs as independent: n_eff = n.
        let n = x.len() as f64;
        close(p_value(linear.r, n), number(&case, "pearson_p"));
        close(p_value(ranked.r, n), number(&case, "spearman_p"));
        let (low, high) = fisher_interval(linear.r, n, 0.95);
        close(low, number(&case, "pearson_low"));
        close(high, number(&case, "pearson_high"));
        assert!(linear.n_eff <= n && linear.p >= p_value(linear.r, n));
    }
}

#[test]
fn effective_sample_size() {
    for case in section("effective_n") {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        close(pearson(&known(&x), &known(&y)).unwrap().n_eff, number(&case, "n_eff"));
        let position: Vec<usize> = (7..7 + x.len()).collect();
        let standard = |v: &[f64]| series::standard_form(v).unwrap();
        let n_eff = autocorrelation::effective_n(&position, &standard(&x), &standard(&y));
        close(n_eff, number(&case, "n_eff"));
    }
}

#[test]
fn least_squares_with_newey_west_errors() {
    for case in section("regressions") {
        let (x, y) = (columns(&case["columns"]), numbers(&case["y"]));
        let position: Vec<usize> = (0..y.len()).collect();
        let lag = case["lag"].as_u64().unwrap() as usize;
        let fit = linear::fit(&position, &x, &x, &y, lag).unwrap();
        all_close(&fit.coefficients, &case["coefficients"]);
        all_close(&fit.se_hac, &case["se"]);

        let classes: Vec<_> = x[1..].iter().map(|c| known(c)).collect();
        let options = demand::DemandOptions {
            aggregation: demand::Aggregation::Bins(1),
            hac_lag: Some(lag),
            ..Default::default()
        };
        let demand = demand::fit(&known(&y), &classes, 1.0, &options).unwrap();
        let values: Vec<f64> = std::iter::once(demand.idle_cores.unwrap().value)
            .chain(demand.classes.iter().map(|c| c.demand_s.value))
            .collect();
        all_close(&values, &case["coefficients"]);
        close(demand.r2.unwrap(), number(&case, "r2"));
    }
}

#[test]
fn ratio_with_newey_west_errors() {
    for case in section("ratios") {
        let (cpu, throughput) = (numbers(&case["cpu"]), numbers(&case["throughput"]));
        let position: Vec<usize> = (0..cpu.len()).collect();
        let lag = case["lag"].as_u64().unwrap() as usize;
        let ones = vec![vec![1.0; cpu.len()]];
        let fit = linear::fit(&position, &ones, std::slice::from_ref(&throughput), &cpu, lag).unwrap();
        close(fit.coefficients[0], number(&case, "ratio"));
        close(fit.se_hac[0], number(&case, "se"));
        let ratio = demand::ratio::fit(&known(&cpu), &known(&throughput), 0.0, Some(lag)).unwrap();
        close(ratio.demand_s.value, number(&case, "ratio"));
    }
}

#[test]
fn non_negative_least_squares() {
    for case in section("nnls") {
        let solution = nnls(&columns(&case["columns"]), &numbers(&case["b"])).unwrap();
        all_close(&solution.x, &case["x"]);
        close(solution.residual_norm, number(&case, "residual_norm"));
    }
}

#[test]
fn false_discovery_rates() {
    for case in section("multiple") {
        let p = numbers(&case["p"]);
        all_close(&multiple::benjamini_hochberg(&p).unwrap(), &case["bh"]);
        all_close(&multiple::benjamini_yekutieli(&p).unwrap(), &case["by"]);
    }
}

#[test]
fn student_t() {
    for case in section("t_quantiles") {
        close(t_quantile(number(&case, "p"), number(&case, "dof")), number(&case, "t"));
    }
    for case in section("t_tails") {
        let (ours, theirs) = (t_two_sided_p(number(&case, "t"), number(&case, "dof")), number(&case, "p"));
        // Tails are compared relatively down to the smallest.
        assert!((ours - theirs).abs() <= 1e-9 * theirs, "{ours} against {theirs}");
    }
}
