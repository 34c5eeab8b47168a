use super::{bins, series};
use crate::align::*;
use swarmlab_record::series::Sample;

fn level(samples: &[(f64, f64)], born: Option<f64>, died: Option<f64>) -> Vec<Option<f64>> {
    gauge_last(&series(samples, born, died), &bins(0.0, 1.0, 5), Tolerance::default())
}

#[test]
fn the_last_sample_at_or_before_the_end_counts() {
    let samples = [(0.2, 10.0), (0.9, 11.0), (2.0, 12.0), (2.5, 13.0)];
    assert_eq!(level(&samples, None, None), [Some(11.0), Some(12.0), Some(13.0), Some(13.0), None]);
}

#[test]
fn a_level_goes_stale_after_two_intervals() {
    // At 3 the sample is 2 s old: just fresh. At 4 it is not.
    assert_eq!(level(&[(1.0, 5.0)], None, None), [Some(5.0), Some(5.0), Some(5.0), None, None]);
    let strict = Tolerance { stale_intervals: 0.5, ..Tolerance::default() };
    let strict = gauge_last(&series(&[(1.0, 5.0)], None, None), &bins(0.0, 1.0, 3), strict);
    assert_eq!(strict, [Some(5.0), None, None]);
}

#[test]
fn no_level_is_carried_across_a_death_or_a_birth() {
    let samples = [(0.5, 4.0), (1.5, 5.0), (2.5, 6.0), (3.5, 6.0)];
    // Dead at 2.2: at 3 it holds nothing, and the later samples are ghosts.
    let dead = level(&samples, None, Some(2.2));
    assert_eq!(dead, [Some(4.0), Some(5.0), Some(0.0), Some(0.0), Some(0.0)]);
    // Born at 1.2: the sample at 0.5 belongs to nobody.
    let born = level(&samples, Some(1.2), None);
    assert_eq!(born, [Some(0.0), Some(5.0), Some(6.0), Some(6.0), Some(6.0)]);
    // Alive and not seen yet: what it is first seen with, if that is soon.
    let first = [Some(0.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0)];
    assert_eq!(level(&[(4.5, 1.0)], Some(2.0), None), first);
    let strict = Tolerance { birth_s: 2.0, ..Tolerance::default() };
    let late = gauge_last(&series(&[(4.5, 1.0)], Some(2.0), None), &bins(0.0, 1.0, 5), strict);
    assert_eq!(late, [Some(0.0), None, None, None, Some(1.0)]);
}

fn steps(events: &[(f64, f64)], until: f64) -> StepFunction {
    StepFunction::new(events.iter().map(|&(t, v)| Sample::new(t, v)).collect(), until)
}

#[test]
fn replica_counts_by_hand() {
    // 1 from 0, 4 from 1.25, 2 from 1.75, 1 from 3.
    let replicas = steps(&[(0.0, 1.0), (1.25, 4.0), (1.75, 2.0), (3.0, 1.0)], 4.5);
    let grid = bins(0.0, 1.0, 5);
    // Second bin: 0.25 * 1 + 0.5 * 4 + 0.25 * 2 = 2.75.
    assert_eq!(replicas.mean(&grid), [Some(1.0), Some(2.75), Some(2.0), Some(1.0), None]);
    // The event at 3.0 belongs to the bin it begins.
    assert_eq!(replicas.last(&grid), [Some(1.0), Some(2.0), Some(2.0), Some(1.0), None]);
    assert_eq!(replicas.at(3.0), Some(1.0));
    assert_eq!(replicas.at(2.999), Some(2.0));
    assert_eq!(replicas.at(4.6), None);
}

#[test]
fn before_the_first_event_nothing_is_known() {
    let replicas = steps(&[(1.5, 3.0)], 10.0);
    let grid = bins(0.0, 1.0, 3);
    assert_eq!(replicas.mean(&grid), [None, None, Some(3.0)]);
    assert_eq!(replicas.last(&grid), [None, Some(3.0), Some(3.0)]);
    assert_eq!(steps(&[], 10.0).mean(&grid), [None; 3]);
}

#[test]
fn of_events_at_one_instant_the_last_holds() {
    let replicas = steps(&[(2.0, 5.0), (0.0, 1.0), (2.0, 3.0), (2.0, 4.0)], 10.0);
    assert_eq!(replicas.mean(&bins(1.0, 1.0, 2)), [Some(1.0), Some(4.0)]);
    assert_eq!(replicas.mean(&bins(1.5, 1.0, 1)), [Some(2.5)]);
}
