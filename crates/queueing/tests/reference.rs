//! Closed forms against scipy: `tests/reference/generate.py` wrote `values.json`.
#![allow(clippy::unwrap_used)]

use swarmlab_queueing::mmc::{Objective, Queue, erlang_c};
use swarmlab_queueing::mva::{Station, solve};
use swarmlab_queueing::{mg1, mm1};
use swarmlab_reference::{Value, all_close, close, number, numbers};

fn section(name: &str) -> Vec<Value> {
    swarmlab_reference::section(include_str!("reference/values.json"), name)
}

fn queue(case: &Value) -> Queue {
    Queue {
        arrival_rate: number(case, "arrival_rate"),
        service_rate: number(case, "service_rate"),
        servers: case["servers"].as_u64().unwrap(),
        variability: number(case, "variability"),
    }
}

#[test]
fn many_servers() {
    for case in section("mmc") {
        let q = queue(&case);
        close(q.wait_probability(), number(&case, "wait_probability"));
        close(q.mean_wait(), number(&case, "mean_wait"));
        close(q.mean_response(), number(&case, "mean_response"));
        if let Some(wait) = case["chain_wait"].as_f64() {
            close(q.mean_wait(), wait);
        }
        for tail in case["tails"].as_array().unwrap() {
            let t = number(tail, "t");
            close(q.wait_tail(t), number(tail, "wait"));
            close(q.response_tail(t), number(tail, "response"));
        }
    }
}

#[test]
fn one_server() {
    for case in section("mm1") {
        let (lambda, mu) = (number(&case, "arrival_rate"), number(&case, "service_rate"));
        close(mm1::mean_response(lambda, mu), number(&case, "mean"));
        for pair in case["tails"].as_array().unwrap().iter().map(numbers) {
            close(mm1::response_tail(lambda, mu, pair[0]), pair[1]);
        }
        for pair in case["quantiles"].as_array().unwrap().iter().map(numbers) {
            close(mm1::response_quantile(lambda, mu, pair[0]), pair[1]);
        }
        // One of many servers is one server.
        close(Queue::new(lambda, mu, 1).mean_response(), number(&case, "mean"));
    }
}

#[test]
fn any_law_of_service() {
    for case in section("mg1") {
        let (lambda, s) = (number(&case, "arrival_rate"), number(&case, "mean_service"));
        close(mg1::mean_wait(lambda, s, number(&case, "scv")), number(&case, "mean_wait"));
        close(mg1::shared_mean_response(lambda, s), number(&case, "shared_response"));
        close(mg1::shared_response_of(lambda, s, 2.0 * s), 2.0 * number(&case, "shared_response"));
    }
}

#[test]
fn closed_networks() {
    for case in section("closed") {
        let demands = numbers(&case["demands"]);
        let stations: Vec<Station> = demands
            .iter()
            .map(|d| Station::Queue(*d))
            .chain(numbers(&case["delays"]).into_iter().map(Station::Delay))
            .collect();
        let solved = solve(&stations, case["users"].as_u64().unwrap(), number(&case, "think")).unwrap();
        close(solved.throughput, number(&case, "throughput"));
        close(solved.response_s, number(&case, "response"));
        let queues = numbers(&case["queues"]).len();
        all_close(&solved.station_users[..queues], &case["queues"]);
    }
}

/// Where the queue behind all servers empties nearly as fast as one server serves, `gap` apart: by the series
/// `e^{-mu t} (1 + mu t (1 - gap t / 2 + (gap t)^2 / 6))` of the convolution of both exponentials.
#[test]
fn a_tail_keeps_its_digits_where_both_rates_are_nearly_the_same() {
    let t = 1.5_f64;
    for gap in [1e-6, 1e-8, 3e-9, 1e-12, 0.0, -1e-12, -3e-9, -1e-8, -1e-6] {
        // Two servers of rate 1: what is left over is 2 - lambda.
        let q = Queue::new(1.0 - gap, 1.0, 2);
        let wait = q.wait_probability().unwrap();
        let step = gap * t;
        let both = (-t).exp() * (1.0 + t * (1.0 - step / 2.0 + step * step / 6.0));
        let expected = (1.0 - wait) * (-t).exp() + wait * both;
        let found = q.response_tail(t).unwrap();
        assert!((found / expected - 1.0).abs() < 1e-12, "{gap}: {found} and {expected}");
    }
    // Far apart either way, and for long: never more than one, never unknown.
    for (lambda, servers) in [(0.5, 1000), (1.999_999, 2)] {
        let tails = [0.0, 1.0, 1e3, 1e9].map(|t| Queue::new(lambda, 1.0, servers).response_tail(t).unwrap());
        assert!(
            tails.is_sorted_by(|a, b| a >= b) && tails.iter().all(|p| (0.0..=1.0).contains(p)),
            "{tails:?}"
        );
    }
}

#[test]
fn least_servers_for_an_objective() {
    for case in section("least") {
        let q = Queue::new(number(&case, "arrival_rate"), number(&case, "service_rate"), 1);
        let objective =
            Objective::ResponseQuantile { share: number(&case, "share"), t_s: number(&case, "t") };
        assert_eq!(objective.least_servers(q, 1000), case["servers"].as_u64(), "{case}");
    }
}

#[test]
fn what_has_no_answer_has_none() {
    let full = Queue::new(10.0, 1.0, 10);
    assert_eq!(full.mean_wait(), None, "as much arrives as can be served");
    assert_eq!(Queue::new(f64::NAN, 1.0, 2).mean_wait(), None);
    assert_eq!(Queue::new(1.0, 0.0, 2).response_tail(1.0), None);
    assert_eq!(mm1::mean_response(2.0, 2.0), None);
    assert_eq!(mg1::mean_wait(10.0, 0.1, 1.0), None);
    assert_eq!(solve(&[Station::Queue(0.1)], 0, 1.0), None);
    assert_eq!(solve(&[Station::Queue(f64::NAN)], 3, 1.0), None);
    // Service alone is longer than promised: no number of servers helps.
    assert_eq!(Objective::MeanResponse(0.05).least_servers(Queue::new(1.0, 10.0, 1), 1000), None);
    // Nobody waits for longer than the limit; ten thousand servers are no overflow.
    assert!(erlang_c(10_000, 9_900.0).is_finite());
    assert_eq!(Queue { variability: 0.0, ..Queue::new(3.0, 1.0, 5) }.mean_wait(), Some(0.0));
}
