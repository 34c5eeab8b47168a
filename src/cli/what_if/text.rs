//! A prediction in words.

use serde_json::{Value, json};
use swarmlab_calibrate::{Calibration, Compared, Prediction};

use super::{Basis, WhatIfArgs};
use crate::cli::calibrate::assumed;
use crate::cli::output;

/// The whole text.
pub(super) fn text(
    args: &WhatIfArgs,
    basis: &Basis,
    prediction: &Prediction,
    compared: &[Compared],
) -> String {
    let mut out = format!(
        "{} simulations of {:.0} s of load, with the services of {}\n\n",
        prediction.seeds,
        prediction.load_s,
        args.model.as_ref().unwrap_or(&args.folder).display(),
    );
    out.push_str(&match &args.validate {
        Some(other) => {
            let heading = ["figure", "predicted", "95 % of runs", "happened", "error", "inside", "unit"];
            let rows: Vec<Vec<String>> = compared.iter().map(validated).collect();
            output::table(&heading, &rows) + &format!("\nhappened: {}\n", other.display())
        }
        None => {
            let heading = ["figure", "predicted", "95 % of runs", "in RUN", "unit"];
            let rows: Vec<Vec<String>> = compared.iter().map(predicted).collect();
            output::table(&heading, &rows)
        }
    });
    out.push('\n');
    if let Some(calibration) = &basis.calibration {
        for l in &calibration.left_out {
            out.push_str(&format!("not calibrated: {}: {}\n", l.service, l.why));
        }
        out.push_str(&assumed(calibration));
    }
    for remark in &basis.remarks {
        out.push_str(&format!("remark: {remark}\n"));
    }
    out
}

/// What is assumed, a row each.
pub(super) fn assumed_rows(calibration: &Calibration) -> Vec<Value> {
    let services = calibration.model.services.iter().enumerate();
    let of = |(i, s): (usize, &swarmlab_simulate::Service)| {
        let row = |n: &swarmlab_calibrate::Note| json!({"service": s.name, "key": n.key, "why": n.text});
        calibration.assumed(i).map(row).collect::<Vec<_>>()
    };
    services.flat_map(of).collect()
}

fn predicted(c: &Compared) -> Vec<String> {
    vec![c.label.clone(), number(c.predicted), interval(c), optional(c.happened), c.unit.to_owned()]
}

fn validated(c: &Compared) -> Vec<String> {
    let inside = match c.inside {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    vec![
        c.label.clone(),
        number(c.predicted),
        interval(c),
        optional(c.happened),
        c.error_percent.map_or("-".to_owned(), |e| format!("{e:+.1} %")),
        inside.to_owned(),
        c.unit.to_owned(),
    ]
}

fn interval(c: &Compared) -> String {
    c.interval.map_or("-".to_owned(), |(low, high)| format!("{} to {}", number(low), number(high)))
}

fn optional(v: Option<f64>) -> String {
    v.map_or("-".to_owned(), number)
}

/// Four digits that count.
fn number(v: f64) -> String {
    if v == 0.0 {
        return "0".to_owned();
    }
    let whole = v.abs().log10().floor().max(-4.0) as i32;
    let digits = usize::try_from(3 - whole).unwrap_or(0);
    format!("{v:.digits$}")
}
