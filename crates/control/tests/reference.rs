//! PID, Holt-Winters and autoregression against scipy and statsmodels: `tests/reference/generate.py` wrote `values.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use swarmlab_control::controllers::pid::Pid;
use swarmlab_control::forecast::{Ar, HoltWinters, yule_walker};
use swarmlab_reference::{Value, all_close, number, numbers};

fn section(name: &str) -> Vec<Value> {
    swarmlab_reference::section(include_str!("reference/values.json"), name)
}

#[test]
fn pid_open_loop_free_and_saturated() {
    for case in section("pid") {
        let run = |low: f64, high: f64| -> Vec<f64> {
            let (kp, ki, kd) = (number(&case, "kp"), number(&case, "ki"), number(&case, "kd"));
            let mut pid = Pid::new(kp, ki, kd, number(&case, "start"));
            let errors = numbers(&case["errors"]);
            errors.iter().map(|e| pid.step(*e, number(&case, "period"), low, high)).collect()
        };
        all_close(&run(f64::NEG_INFINITY, f64::INFINITY), &case["free"]);
        all_close(&run(number(&case, "low"), number(&case, "high")), &case["bound"]);
    }
}

#[test]
fn pi_step_response_of_a_first_order_plant() {
    for case in section("closed_loop") {
        let mut pid = Pid::new(number(&case, "kp"), number(&case, "ki"), 0.0, 0.0);
        let (a, g, target) = (number(&case, "a"), number(&case, "g"), number(&case, "target"));
        let mut y = 0.0;
        let mut seen = Vec::new();
        for _ in 0..numbers(&case["metric"]).len() {
            seen.push(y);
            let u = pid.step(y - target, number(&case, "period"), f64::NEG_INFINITY, f64::INFINITY);
            y = a * y + g * u;
        }
        all_close(&seen, &case["metric"]);
        assert!((y - target).abs() < 0.05 * target.abs(), "it comes to its target: {y}");
    }
}

#[test]
fn saturation_does_not_wind_up() {
    let mut pid = Pid::new(1.0, 0.1, 0.0, 5.0);
    for _ in 0..1000 {
        assert_eq!(pid.step(1.0, 15.0, 1.0, 5.0), 5.0);
    }
    assert!(pid.step(-0.2, 15.0, 1.0, 5.0) < 5.0, "the first error the other way moves it");
}

fn smoothed(case: &Value) -> (HoltWinters, Vec<f64>) {
    let season = case["season"].as_u64().unwrap() as usize;
    let mut model =
        HoltWinters::new(number(case, "alpha"), number(case, "beta"), number(case, "gamma"), season);
    let mut fitted = Vec::new();
    for y in numbers(&case["y"]) {
        fitted.extend(model.ahead(1));
        model.observe(y);
    }
    (model, fitted)
}

#[test]
fn holt_winters_and_holt() {
    for case in section("holt_winters").into_iter().chain(section("holt")) {
        let (model, fitted) = smoothed(&case);
        all_close(&fitted, &case["fitted"]);
        let forecast: Vec<f64> =
            (1..=numbers(&case["forecast"]).len()).map(|h| model.ahead(h).unwrap()).collect();
        all_close(&forecast, &case["forecast"]);
    }
}

#[test]
fn autoregression() {
    for case in section("ar") {
        let y = numbers(&case["y"]);
        let order = case["order"].as_u64().unwrap() as usize;
        all_close(&yule_walker(&y, order), &case["phi"]);
        let mut model = Ar::new(order, y.len());
        y.iter().for_each(|v| model.observe(*v));
        let forecast: Vec<f64> =
            (1..=numbers(&case["forecast"]).len()).map(|h| model.ahead(h).unwrap()).collect();
        all_close(&forecast, &case["forecast"]);
    }
    assert_eq!(yule_walker(&[3.0; 20], 4), [0.0; 4], "a series that does not move foretells itself");
}
