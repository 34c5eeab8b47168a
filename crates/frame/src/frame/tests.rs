#![allow(clippy::unwrap_used)]

use super::*;

fn bins(count: usize) -> Bins {
    Bins::new(1000.0, 1.0, count).unwrap()
}

fn column(service: &str, metric: &str, fold: Fold, values: &[Option<f64>]) -> Column {
    Column::server(service, metric, "cores", "by hand", fold, values.to_vec()).unwrap()
}

#[test]
fn length_is_checked() {
    let mut frame = Frame::new(bins(3));
    let short = column("web", "cpu", Fold::Mean, &[Some(1.0)]);
    assert!(matches!(frame.push(short), Err(FrameError::Length { values: 1, bins: 3, .. })));
    assert!(frame.columns().is_empty());
}

#[test]
fn services_that_fold_to_one_word_do_not_merge() {
    let mut frame = Frame::new(bins(1));
    frame.push(column("ms-exercise", "cpu", Fold::Mean, &[Some(1.0)])).unwrap();
    // Even another metric: a reader would take both for one service's columns.
    let other = column("ms_exercise", "memory", Fold::Last, &[Some(2.0)]);
    assert!(matches!(frame.push(other), Err(FrameError::OwnerCollision { .. })));
    frame.push(column("ms-exercise-envoy", "cpu", Fold::Mean, &[Some(3.0)])).unwrap();
    assert_eq!(frame.get("ms_exercise_cpu_cores"), Some(&[Some(1.0)][..]));
    assert_eq!(frame.get("ms_exercise_envoy_cpu_cores"), Some(&[Some(3.0)][..]));
}

#[test]
fn equal_names_of_different_owners_are_refused() {
    let mut frame = Frame::new(bins(1));
    frame.push(column("web", "api_cpu", Fold::Mean, &[None])).unwrap();
    let refused = frame.push(column("web-api", "cpu", Fold::Mean, &[None]));
    assert!(matches!(refused, Err(FrameError::Duplicate { .. })));
}

#[test]
fn time_columns_read_well_after_a_selection() {
    let frame = Frame::with_zero(Bins::new(1.7e9 + 0.3, 0.1, 4).unwrap(), 1.7e9);
    assert_eq!(frame.t_s(), [0.3, 0.4, 0.5, 0.6]);
    let mut frame = Frame::new(bins(5));
    let values: Vec<_> = (0..5).map(|i| Some(f64::from(i))).collect();
    frame.push(column("web", "cpu", Fold::Mean, &values)).unwrap();
    let part = frame.select_range(1000.5, 1004.0).unwrap();
    assert_eq!(part.t_unix_s(), [1001.0, 1002.0, 1003.0]);
    assert_eq!(part.t_s(), [1.0, 2.0, 3.0]);
    assert_eq!(part.get("web_cpu_cores").unwrap(), [Some(1.0), Some(2.0), Some(3.0)]);
    assert!(matches!(frame.select_range(1000.2, 1000.9), Err(FrameError::EmptyRange { .. })));
    assert_eq!(frame.select_range(0.0, 1e10).unwrap(), frame);
}

#[test]
fn aggregation_follows_each_columns_rule() {
    let mut frame = Frame::new(bins(5));
    let values = [Some(1.0), Some(3.0), Some(2.0), None, Some(9.0)];
    for (metric, fold) in
        [("a", Fold::Mean), ("b", Fold::Sum), ("c", Fold::Last), ("d", Fold::Max), ("e", Fold::Never)]
    {
        frame.push(column("web", metric, fold, &values)).unwrap();
    }
    let coarse = frame.aggregate(2).unwrap();
    assert_eq!((coarse.bins().count(), coarse.bins().width_s()), (2, 2.0));
    assert_eq!(coarse.get("web_a_cores").unwrap(), [Some(2.0), None]);
    assert_eq!(coarse.get("web_b_cores").unwrap(), [Some(4.0), None]);
    assert_eq!(coarse.get("web_c_cores").unwrap(), [Some(3.0), None]);
    assert_eq!(coarse.get("web_d_cores").unwrap(), [Some(3.0), None]);
    assert_eq!(coarse.get("web_e_cores"), None);
    assert_eq!(frame.aggregate(1).unwrap(), frame);
    assert_eq!(frame.aggregate(0), Err(FrameError::GroupOfNone));
}

#[test]
fn what_is_not_a_number_is_unknown() {
    let odd = column("web", "cpu", Fold::Mean, &[Some(f64::NAN), Some(f64::INFINITY), Some(0.0)]);
    assert_eq!(odd.values(), [None, None, Some(0.0)]);
}
