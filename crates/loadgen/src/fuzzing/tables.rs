//! Tables of feeders.

use serde_json::{Map, Value};

use crate::scenario::feeder::MAXIMUM_COLUMNS;
use crate::scenario::{Table, TableError};

/// A table of CSV: what was read can be written down and is read again as the same.
pub fn csv(input: &[u8]) {
    let Some(table) = checked(Table::csv(input), input) else { return };
    let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    let heading: Vec<String> = table.columns().iter().map(|name| quoted(name)).collect();
    let rows = cells(&table).map(|row| row.map(quoted).collect::<Vec<_>>());
    let text: Vec<String> = std::iter::once(heading).chain(rows).map(|row| row.join(",")).collect();
    assert_eq!(Table::csv(text.join("\r\n").as_bytes()), Ok(table));
}

/// A table of JSON lines, as [`csv`].
pub fn jsonl(input: &[u8]) {
    let Some(table) = checked(Table::jsonl(input), input) else { return };
    let object = |row: &mut dyn Iterator<Item = &str>| {
        let entries = table.columns().iter().cloned().zip(row.map(Value::from));
        Value::Object(entries.collect::<Map<_, _>>()).to_string()
    };
    let text: Vec<String> = cells(&table).map(|mut row| object(&mut row)).collect();
    assert_eq!(Table::jsonl(text.join("\n").as_bytes()).as_ref(), Ok(&table));
}

fn cells(table: &Table) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    (0..table.rows()).map(move |row| (0..table.columns().len()).map(move |column| table.cell(row, column)))
}

/// The table, if it is one; an error must name a line of the input.
fn checked(read: Result<Table, TableError>, input: &[u8]) -> Option<Table> {
    match read {
        Ok(table) => {
            assert!(table.rows() > 0 && (1..=MAXIMUM_COLUMNS).contains(&table.columns().len()));
            assert!(table.columns().iter().all(|name| !name.is_empty()));
            assert_eq!(table.cell(table.rows(), 0), "", "outside of the table");
            Some(table)
        }
        Err(error) => {
            let lines = input.split(|&byte| byte == b'\n').count();
            assert!((1..=lines).contains(&error.line), "{error}, of {lines} lines");
            None
        }
    }
}
