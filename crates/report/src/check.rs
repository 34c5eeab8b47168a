//! Whether the parts of a model fit each other, before anything is drawn from it.

use crate::error::ReportError;
use crate::model::ReportModel;

/// Looks for every way in which the parts of `model` do not fit each other.
///
/// # Errors
/// [`ReportError::Inconsistent`] with one sentence a fault: a series whose length is not that of the time
/// axis, a time axis that does not ascend, a bin without width, a heat map or table whose rows have the
/// wrong number of cells.
pub fn check(model: &ReportModel) -> Result<(), ReportError> {
    let mut faults = Vec::new();
    timeline(model, &mut faults);
    for map in &model.heat_maps {
        let name = &map.title;
        if map.cells.len() != map.rows.len() {
            faults.push(format!(
                "heat map `{name}`: {} rows of cells for {} names",
                map.cells.len(),
                map.rows.len()
            ));
        }
        for (row, cells) in map.cells.iter().enumerate() {
            if cells.len() != map.columns.len() {
                faults.push(format!(
                    "heat map `{name}`, row {row}: {} cells for {} columns",
                    cells.len(),
                    map.columns.len()
                ));
            }
        }
    }
    for table in &model.tables {
        for (row, cells) in table.rows.iter().enumerate() {
            if cells.len() != table.columns.len() {
                faults.push(format!(
                    "table `{}`, row {row}: {} cells for {} columns",
                    table.title,
                    cells.len(),
                    table.columns.len()
                ));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(ReportError::Inconsistent(faults)) }
}

fn timeline(model: &ReportModel, faults: &mut Vec<String>) {
    let timeline = &model.timeline;
    let ascends = timeline.t_s.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    if !ascends || timeline.t_s.iter().any(|t_s| !t_s.is_finite()) {
        faults.push("timeline: `t_s` must be finite and strictly ascending".to_owned());
    }
    let has_width = timeline.bin_s.is_finite() && timeline.bin_s > 0.0;
    if !timeline.t_s.is_empty() && !has_width {
        faults.push(format!("timeline: `bin_s` is {}, must be above zero", timeline.bin_s));
    }
    for panel in &timeline.panels {
        for line in &panel.lines {
            if line.values.len() != timeline.t_s.len() {
                faults.push(format!(
                    "panel `{}`, line `{}`: {} values for {} bins",
                    panel.title,
                    line.name,
                    line.values.len(),
                    timeline.t_s.len()
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::{Cell, Column, HeatMap, Line, Panel, Table, Timeline};

    #[test]
    fn an_empty_model_is_consistent() {
        check(&ReportModel::default()).unwrap();
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let model = ReportModel {
            timeline: Timeline {
                t_s: vec![0.0, 2.0, 1.0],
                bin_s: 0.0,
                panels: vec![Panel {
                    lines: vec![Line { values: vec![None], ..Line::default() }],
                    ..Panel::default()
                }],
                ..Timeline::default()
            },
            heat_maps: vec![HeatMap {
                rows: vec!["a".into(), "b".into()],
                cells: vec![vec![None]],
                ..HeatMap::default()
            }],
            tables: vec![Table {
                columns: vec![Column::text("a")],
                rows: vec![vec![Cell::from("1"), Cell::from("2")]],
                ..Table::default()
            }],
            ..ReportModel::default()
        };
        let ReportError::Inconsistent(faults) = check(&model).unwrap_err() else { panic!("wrong kind") };
        assert_eq!(faults.len(), 6, "{faults:#?}");
    }
}
