//! The table of actions: when each was asked for, when it ran, how long it took.

use swarmlab_record::action::{ActionEvent, Progress};
use swarmlab_record::events::Event;
use swarmlab_report::model::{Cell, Column, Table};

/// The table; nothing where no action was asked for. Times count from the start of the load.
pub fn table(events: &[Event], start_unix_s: f64) -> Option<Table> {
    let actions: Vec<&ActionEvent> =
        events.iter().filter_map(|e| if let Event::Action(a) = e { Some(a) } else { None }).collect();
    let end = |id: usize| actions.iter().find(|a| a.id == id && a.progress != Progress::Asked);
    let rows: Vec<Vec<Cell>> = actions
        .iter()
        .filter(|a| a.progress == Progress::Asked)
        .map(|a| row(a, end(a.id).map(|e| &e.progress), start_unix_s))
        .collect();
    (!rows.is_empty()).then(|| Table {
        title: "Actions".to_owned(),
        note: "Asked and taken: since the start of the load, by the generator's clock; taken is when the testbed had accepted \
               the order. Took: from asking until it was in force (replicas healthy and no more running, limits on each replica, \
               all restarted)."
            .to_owned(),
        columns: vec![
            Column::text("action"),
            Column::number("asked", "s"),
            Column::number("taken", "s"),
            Column::number("took", "s"),
            Column::text("outcome"),
        ],
        rows,
    })
}

fn row(asked: &ActionEvent, end: Option<&Progress>, start_unix_s: f64) -> Vec<Cell> {
    let seconds = |t: Option<f64>| t.map_or_else(|| Cell::from(""), |t| Cell::from(format!("{t:.1}")));
    let (taken, took, outcome) = match end {
        Some(Progress::InForce { accepted_unix_s, done_unix_s, changed }) => (
            Some(*accepted_unix_s),
            Some(done_unix_s - asked.t_unix_s),
            if *changed { "in force".to_owned() } else { "was so already".to_owned() },
        ),
        Some(Progress::Failed { accepted_unix_s, why }) => (*accepted_unix_s, None, format!("failed: {why}")),
        Some(Progress::GivenUp { why }) => (None, None, format!("given up: {why}")),
        Some(Progress::Asked) | None => (None, None, "unknown: the command was killed".to_owned()),
    };
    vec![
        Cell::from(asked.what.to_string()),
        seconds(Some(asked.t_unix_s - start_unix_s)),
        seconds(taken.map(|t| t - start_unix_s)),
        seconds(took),
        Cell::from(outcome),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_record::action::Action;

    use super::*;

    fn event(id: usize, t_unix_s: f64, progress: Progress) -> Event {
        let what = Action::Scale { service: "web".to_owned(), replicas: 3 };
        Event::Action(ActionEvent { t_unix_s, id, what, decision: None, progress })
    }

    fn rows(events: &[Event]) -> Vec<String> {
        let table = table(events, 100.0).unwrap();
        let text = |row: &Vec<Cell>| row.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(" | ");
        table.rows.iter().map(text).collect()
    }

    #[test]
    fn each_action_has_a_row_and_what_is_not_known_is_empty() {
        assert_eq!(table(&[], 100.0), None);
        let in_force = Progress::InForce { accepted_unix_s: 110.5, done_unix_s: 113.25, changed: true };
        let failed = Progress::Failed { accepted_unix_s: None, why: "no memory".to_owned() };
        let given_up = Progress::GivenUp { why: "the run was cut short".to_owned() };
        let events = [
            event(0, 110.0, Progress::Asked),
            event(1, 111.0, Progress::Asked),
            event(0, 113.3, in_force),
            event(2, 114.0, Progress::Asked),
            event(1, 115.0, failed),
            event(2, 116.0, given_up),
            event(3, 117.0, Progress::Asked),
        ];
        assert_eq!(
            rows(&events),
            [
                "scale web to 3 | 10.0 | 10.5 | 3.2 | in force",
                "scale web to 3 | 11.0 |  |  | failed: no memory",
                "scale web to 3 | 14.0 |  |  | given up: the run was cut short",
                "scale web to 3 | 17.0 |  |  | unknown: the command was killed",
            ]
        );
    }
}
