#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::Bins;
use crate::frame::Frame;
use swarmlab_record::client::fixture::row;

fn bins() -> Bins {
    Bins::new(1000.0, 1.0, 3).unwrap()
}

fn frame_of(rows: &[ClientRow]) -> Frame {
    let mut frame = Frame::new(bins());
    frame.extend(to_columns(rows, &bins()).unwrap()).unwrap();
    frame
}

#[test]
fn each_status_that_came_has_a_column_of_each_endpoint() {
    let mut list = row(1001.0, "list");
    list.statuses_json = "{\"200\":40,\"NOT_FOUND\":2,\"4xx\":7}".into();
    let mut later = row(1002.0, ALL_ENDPOINTS);
    later.statuses_json = "{\"200\":10}".into();
    let frame = frame_of(&[row(1001.0, ALL_ENDPOINTS), later, list]);
    let get = |name: &str| frame.get(name).unwrap_or_else(|| panic!("{name}")).to_vec();
    assert_eq!(get("client_status_200_per_s"), [None, Some(97.0), Some(10.0)]);
    // None in a bin that was measured is zero.
    assert_eq!(get("client_status_404_per_s"), [None, Some(1.0), Some(0.0)]);
    assert_eq!(get("client_list_status_not_found_per_s"), [None, Some(2.0), None]);
    assert_eq!(frame.get("client_list_status_4xx_per_s"), None);
    assert_eq!(frame.get("client_list_status_404_per_s"), None);
}

#[test]
fn overall_columns_come_from_the_row_of_all_endpoints() {
    let mut endpoint = row(1001.0, "list exercises");
    endpoint.completed = 40;
    endpoint.response.as_mut().unwrap().p95 = 99.0;
    let mut idle = row(1002.0, ALL_ENDPOINTS);
    (idle.completed, idle.succeeded, idle.failed, idle.response) = (0, 0, 0, None);
    let frame = frame_of(&[row(1001.0, ALL_ENDPOINTS), endpoint, idle]);
    let get = |name: &str| frame.get(name).unwrap_or_else(|| panic!("{name}")).to_vec();
    assert_eq!(get("client_users"), [None, Some(10.0), Some(10.0)]);
    assert_eq!(get("client_offered_per_s"), [None, Some(102.0), Some(102.0)]);
    assert_eq!(get("client_sent_per_s"), [None, Some(101.0), Some(101.0)]);
    assert_eq!(get("client_throughput_per_s"), [None, Some(100.0), Some(0.0)]);
    assert_eq!(get("client_errors_per_s"), [None, Some(3.0), Some(0.0)]);
    assert_eq!(get("client_error_rate"), [None, Some(0.03), None]);
    assert_eq!(get("client_in_flight"), [None, Some(4.0), Some(4.0)]);
    assert_eq!(get("client_thinking_users"), [None, Some(8.5), Some(8.5)]);
    assert_eq!(get("client_received_bytes_per_s"), [None, Some(1e6), Some(1e6)]);
    assert_eq!(get("client_response_p95_ms"), [None, Some(24.0), None]);
    assert_eq!(get("client_service_mean_ms"), [None, Some(12.0), Some(12.0)]);
    assert_eq!(get("client_list_exercises_response_p95_ms"), [None, Some(99.0), None]);
    assert_eq!(get("client_list_exercises_throughput_per_s"), [None, Some(40.0), None]);
}

#[test]
fn counts_become_rates_by_the_width_of_the_interval() {
    let half = Bins::new(1000.0, 0.5, 2).unwrap();
    let mut short = row(1000.5, ALL_ENDPOINTS);
    short.width_s = 0.5;
    let columns = to_columns(&[short], &half).unwrap();
    let sent = columns.iter().find(|c| c.name() == "client_sent_per_s").unwrap();
    assert_eq!(sent.values(), [None, Some(202.0)]);
}

#[test]
fn a_row_that_does_not_cover_its_bin_leaves_it_null() {
    let mut cut_short = row(1002.0, ALL_ENDPOINTS);
    cut_short.width_s = 0.4;
    let outside = [row(990.0, ALL_ENDPOINTS), row(1003.0, ALL_ENDPOINTS)];
    let frame = frame_of(&[cut_short, outside[0].clone(), outside[1].clone()]);
    assert_eq!(frame.get("client_users").unwrap(), [None, None, None]);
}

#[test]
fn rows_off_the_grid_and_rows_twice_are_refused() {
    let refused = |rows: &[ClientRow]| to_columns(rows, &bins()).unwrap_err();
    assert!(matches!(refused(&[row(1000.5, "*")]), ClientError::OffGrid { .. }));
    let mut long = row(1000.0, "*");
    long.width_s = 2.0;
    assert!(matches!(refused(&[long.clone()]), ClientError::OffGrid { .. }));
    long.width_s = f64::NAN;
    assert!(matches!(refused(&[long]), ClientError::OffGrid { .. }));
    assert!(matches!(refused(&[row(f64::NAN, "*")]), ClientError::OffGrid { .. }));
    assert!(matches!(refused(&[row(1000.0, "a"), row(1000.0, "a")]), ClientError::Twice { .. }));
}

#[test]
fn endpoints_that_fold_to_one_word_do_not_merge_and_nameless_ones_have_a_name() {
    let names = ["/", "GET /a", "get-a", "*", "?"];
    let mut rows: Vec<ClientRow> = names.iter().map(|n| row(1000.0, n)).collect();
    rows[2].completed = 50;
    let frame = frame_of(&rows);
    let rate = |name: &str| frame.get(name).unwrap_or_else(|| panic!("no {name}"))[0];
    assert_eq!(rate("client_get_a_throughput_per_s"), Some(100.0));
    assert_eq!(rate("client_get_a_2_throughput_per_s"), Some(50.0));
    assert_eq!(rate("client_endpoint_throughput_per_s"), Some(100.0));
    assert_eq!(rate("client_endpoint_2_throughput_per_s"), Some(100.0));
}

#[test]
fn what_nobody_recorded_is_null_in_its_columns() {
    let mut row = row(1000.0, ALL_ENDPOINTS);
    row.unknown = swarmlab_record::client::Unknown::of(&["offered", "users", "failed"]);
    let frame = frame_of(&[row]);
    let get = |name: &str| frame.get(name).unwrap()[0];
    assert_eq!([get("client_offered_per_s"), get("client_users"), get("client_errors_per_s")], [None; 3]);
    // A share of what is not known is not known.
    assert_eq!((get("client_error_rate"), get("client_sent_per_s")), (None, Some(101.0)));
}
