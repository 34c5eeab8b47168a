use super::{bins, series};
use crate::align::*;
use swarmlab_record::series::{Sample, Series, fixture};

fn rate(samples: &[(f64, f64)], born: Option<f64>, died: Option<f64>) -> Vec<Option<f64>> {
    counter_rate(&series(samples, born, died), &bins(0.0, 1.0, 6), Tolerance::default())
}

#[test]
fn totals_are_interpolated_at_the_edges() {
    // Half-way between scrapes: F(1) = 15, F(2) = 30, F(3) = 50.
    let samples = [(0.5, 10.0), (1.5, 20.0), (2.5, 40.0), (3.5, 60.0)];
    assert_eq!(rate(&samples, None, None), [None, Some(15.0), Some(20.0), None, None, None]);
    // The same increase over a bin of 2 s is half the rate.
    let wide = counter_rate(&series(&samples, None, None), &bins(1.0, 2.0, 1), Tolerance::default());
    assert_eq!(wide, [Some((50.0 - 15.0) / 2.0)]);
    let increase = counter_increase(&series(&samples, None, None), &bins(1.0, 2.0, 1), Tolerance::default());
    assert_eq!(increase, [Some(35.0)]);
}

#[test]
fn edges_on_samples_need_no_neighbour() {
    let samples = [(1.0, 3.0), (2.0, 7.0)];
    assert_eq!(rate(&samples, None, None), [None, Some(4.0), None, None, None, None]);
}

#[test]
fn a_fall_is_a_restart_from_zero() {
    // 5 before the restart, then 0 -> 2 -> 6.
    let samples = [(0.0, 100.0), (1.0, 105.0), (2.0, 2.0), (3.0, 6.0)];
    let expected = [Some(5.0), Some(2.0), Some(4.0), None, None, None];
    assert_eq!(rate(&samples, None, None), expected);
    assert_eq!(counter_resets(&series(&samples, None, None)), 1);
}

#[test]
fn a_standing_counter_is_zero_and_known() {
    assert_eq!(rate(&[(0.0, 7.0), (1.0, 7.0)], None, None)[0], Some(0.0));
}

#[test]
fn a_gap_is_bridged_up_to_three_intervals() {
    let bridged = rate(&[(0.0, 0.0), (3.0, 9.0), (4.0, 9.0)], None, None);
    assert_eq!(bridged, [Some(3.0), Some(3.0), Some(3.0), Some(0.0), None, None]);
    // Longer: every bin with an edge inside is unknown.
    let gap = rate(&[(0.0, 0.0), (1.0, 1.0), (4.5, 8.0), (5.0, 9.0), (6.0, 9.5)], None, None);
    assert_eq!(gap, [Some(1.0), None, None, None, None, Some(0.5)]);
}

#[test]
fn one_missed_scrape_is_bridged_whoever_stamps_the_samples() {
    let samples = fixture::STAMPED_BY_ITS_SOURCE.map(|t| Sample::new(t, 0.25 * t)).to_vec();
    let task = Series::new(std::sync::Arc::new(fixture::identity("web", "a")), samples, 1.0);
    let rates = counter_rate(&task, &bins(1.0, 1.0, 58), Tolerance::default());
    assert!(rates.iter().all(|rate| rate.is_some_and(|r| (r - 0.25).abs() < 1e-9)), "{rates:?}");
}

#[test]
fn a_bin_that_holds_a_whole_gap_is_known() {
    let samples = [(0.0, 0.0), (1.0, 1.0), (9.0, 17.0), (10.0, 18.0)];
    let whole = counter_increase(&series(&samples, None, None), &bins(0.0, 10.0, 1), Tolerance::default());
    assert_eq!(whole, [Some(18.0)]);
    let halves = counter_increase(&series(&samples, None, None), &bins(0.0, 5.0, 2), Tolerance::default());
    assert_eq!(halves, [None, None]);
    let patient = Tolerance { gap_intervals: 8.0, ..Tolerance::default() };
    let halves = counter_increase(&series(&samples, None, None), &bins(0.0, 5.0, 2), patient);
    assert_eq!(halves, [Some(9.0), Some(9.0)]);
}

#[test]
fn a_task_counts_from_its_birth_when_that_is_known() {
    // Born at 1.5 with 0; 3 at 2.5: F(2) = 1.5, F(3) = 4.
    let samples = [(2.5, 3.0), (3.5, 5.0)];
    let born = rate(&samples, Some(1.5), None);
    assert_eq!(born, [Some(0.0), Some(1.5), Some(2.5), None, None, None]);
    assert_eq!(rate(&samples, None, None), [None; 6]);
    // First seen 4 s after its birth, more than a gap: what it did in them is known as a whole.
    let late = [(5.0, 40.0), (6.0, 42.0)];
    assert_eq!(rate(&late, Some(1.0), None)[1..], [[Some(10.0); 4].as_slice(), &[Some(2.0)]].concat());
    // Seen too late: in between nothing is known, before it is 0.
    let strict = Tolerance { birth_s: 3.5, ..Tolerance::default() };
    let late = counter_rate(&series(&late, Some(1.0), None), &bins(0.0, 1.0, 6), strict);
    assert_eq!(late, [Some(0.0), None, None, None, None, Some(2.0)]);
}

#[test]
fn samples_outside_the_life_are_ghosts() {
    // An exporter repeats the last value of a dead container.
    let samples = [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 3.0), (4.0, 3.0)];
    let dead = rate(&samples, None, Some(2.0));
    assert_eq!(dead, [Some(1.0), Some(1.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0)]);
    let unborn = rate(&[(0.5, 90.0), (2.0, 3.0), (3.0, 4.0)], Some(1.0), None);
    assert_eq!(unborn, [Some(0.0), Some(3.0), Some(1.0), None, None, None]);
}

#[test]
fn after_a_known_death_a_task_adds_nothing() {
    // Last seen at 2, dead at 3.5: it went on as before.
    let samples = [(0.0, 0.0), (1.0, 1.0), (2.0, 3.0)];
    let dead = rate(&samples, None, Some(3.5));
    assert_eq!(dead, [Some(1.0), Some(2.0), Some(2.0), Some(1.0), Some(0.0), Some(0.0)]);
    assert_eq!(rate(&samples, None, None), [Some(1.0), Some(2.0), None, None, None, None]);
    // A bin that reaches over the death counts that, unless too much was not seen.
    let over = |died| {
        counter_increase(&series(&samples, None, Some(died)), &bins(0.0, 10.0, 1), Tolerance::default())
    };
    assert_eq!(over(5.0), [Some(9.0)]);
    assert_eq!(over(5.1), [None]);
    // Seen once only, or after a gap: how it went on nobody knows, so nothing is added.
    let once = rate(&[(1.0, 5.0)], None, Some(2.5));
    assert_eq!(once, [None, Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0)]);
}

#[test]
fn what_is_read_of_a_task_after_its_end_is_its_total() {
    // Read at 2 and, a second after its death at 3, again.
    let mut task = series(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (4.0, 2.5)], None, Some(3.0));
    let rates = |s: &Series| counter_rate(s, &bins(0.0, 1.0, 6), Tolerance::default());
    assert_eq!(rates(&task)[1..4], [Some(1.0), Some(0.5), Some(0.0)]);
    // An address may be another task's by then, and a smaller value is of another counter.
    std::sync::Arc::make_mut(&mut task.identity).task_is_exact = false;
    assert_eq!(rates(&task)[1..4], [Some(1.0), Some(1.0), Some(0.0)]);
    let other = series(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (4.0, 0.5)], None, Some(3.0));
    assert_eq!(rates(&other)[1..4], [Some(1.0), Some(1.0), Some(0.0)]);
}

#[test]
fn a_task_without_samples_is_known_only_outside_its_life() {
    let silent = rate(&[], Some(1.5), Some(3.0));
    assert_eq!(silent, [Some(0.0), None, None, Some(0.0), Some(0.0), Some(0.0)]);
    // Not even a bin that holds its whole life: it did something there, nobody knows what.
    let whole = counter_rate(&series(&[], Some(1.5), Some(3.0)), &bins(0.0, 6.0, 1), Tolerance::default());
    assert_eq!(whole, [None]);
}

#[test]
fn what_is_not_a_number_is_no_sample() {
    let samples = [(0.0, 0.0), (0.5, f64::NAN), (1.0, 4.0), (2.0, f64::INFINITY)];
    assert_eq!(rate(&samples, None, None), [Some(4.0), None, None, None, None, None]);
}

#[test]
fn order_and_repetition_of_samples_do_not_matter() {
    let samples = [(2.0, 5.0), (0.0, 1.0), (1.0, 2.0), (1.0, 2.0)];
    assert_eq!(rate(&samples, None, None)[..2], [Some(1.0), Some(3.0)]);
}

#[test]
fn one_unknown_task_makes_the_service_unknown() {
    let tasks = [vec![Some(1.0), Some(2.0), None], vec![Some(0.0), None, None]];
    assert_eq!(sum_over_tasks(&tasks), [Some(1.0), None, None]);
    assert_eq!(sum_over_tasks(&[vec![Some(1.0), Some(1.0)], vec![Some(1.0)]]), [Some(2.0), None]);
    assert_eq!(sum_over_tasks::<Vec<Option<f64>>>(&[]), []);
}

#[test]
fn a_replacement_task_takes_over_without_a_hole() {
    // Task a is stopped at 3 after a last scrape at that instant, task b starts at 3.
    let a = rate(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)], None, Some(3.0));
    let b = rate(&[(4.0, 2.0), (5.0, 4.0), (6.0, 6.0)], Some(3.0), None);
    let sum = sum_over_tasks(&[a, b]);
    assert_eq!(sum, [Some(1.0), Some(1.0), Some(1.0), Some(2.0), Some(2.0), Some(2.0)]);
}
