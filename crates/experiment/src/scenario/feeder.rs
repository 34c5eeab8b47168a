//! Feeders: tables beside the scenario.

use std::sync::Arc;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Exhausted, Feeder, Order, Table};
use swarmlab_yaml::Value;

use super::files;

/// Largest accepted table, bytes.
const MAXIMUM_BYTES: usize = 64 << 20;

#[derive(Clone, Copy)]
enum Format {
    Csv,
    JsonLines,
}

pub(super) fn read(name: &str, value: &Value<'_>) -> Option<Feeder> {
    let map = value.mapping()?;
    let bytes = map.required("file", |v| files::bytes(v, MAXIMUM_BYTES));
    let format = map.optional("format", |v| v.enum_of(&[("csv", Format::Csv), ("jsonl", Format::JsonLines)]));
    let order = map.or("order", Order::Sequential, |v| {
        v.enum_of(&[("sequential", Order::Sequential), ("random", Order::Random), ("unique", Order::Unique)])
    });
    let exhausted = map.or("exhausted", Exhausted::Cycle, |v| {
        v.enum_of(&[("cycle", Exhausted::Cycle), ("stop", Exhausted::Stop)])
    });
    map.finish();
    if let (Order::Random, Some(given)) = (order, map.get("exhausted").filter(|v| !v.is_null())) {
        given.fail(
            codes::BAD_VALUE,
            format!("{} has no meaning here", given.path()),
            "`order: sequential` or `unique`: rows drawn at random never end",
        );
    }
    let file = map.get("file")?;
    let shown = file.node().text().unwrap_or_default().to_owned();
    let is_csv = match format {
        Some(format) => matches!(format, Format::Csv),
        None => !shown.ends_with(".jsonl") && !shown.ends_with(".ndjson"),
    };
    let bytes = bytes?;
    let table = if is_csv { Table::csv(&bytes) } else { Table::jsonl(&bytes) };
    match table {
        Ok(table) if is_csv && one_column_of_several(&table) => {
            let heading = table.columns().first().map_or("", String::as_str);
            let message = format!("{shown}:1: one column called `{heading}`: fields are separated by commas");
            file.fail(codes::BAD_TABLE, message, "CSV with commas (RFC 4180)");
            None
        }
        Ok(table) => Some(Feeder { name: name.to_owned(), order, exhausted, table: Arc::new(table) }),
        Err(error) => {
            let expected = if is_csv { "CSV with names in the first line" } else { "a JSON object a line" };
            let message = format!("{shown}:{}: {}", error.line, error.problem);
            file.fail(codes::BAD_TABLE, message, expected);
            None
        }
    }
}

/// A table of another separator looks like one column whose name holds it.
fn one_column_of_several(table: &Table) -> bool {
    matches!(table.columns(), [only] if only.contains([';', '\t']))
}
