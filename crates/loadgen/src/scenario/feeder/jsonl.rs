//! JSON lines: an object a line.

use serde_json::{Map, Value};

use super::{Table, TableError, TableProblem};

pub(super) fn read(text: &str) -> Result<Table, TableError> {
    let mut table: Option<Table> = None;
    let mut last = 1;
    for (index, line) in text.lines().enumerate() {
        last = index + 1;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |problem| TableError { line: last, problem };
        let object: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| wrong(TableProblem::NotAnObject(error.to_string())))?;
        let table = match &mut table {
            Some(table) => table,
            None => table.insert(Table::named(object.keys().cloned().collect(), last)?),
        };
        if let Some(unknown) = object.keys().find(|key| !table.columns.contains(key)) {
            return Err(wrong(TableProblem::UnknownKey(unknown.clone())));
        }
        for column in 0..table.columns.len() {
            match object.get(&table.columns[column]) {
                None => return Err(wrong(TableProblem::MissingKey(table.columns[column].clone()))),
                Some(Value::Null) => table.push(""),
                Some(Value::String(text)) => table.push(text),
                Some(other) => table.push(&other.to_string()),
            }
        }
    }
    table.unwrap_or_default().finished(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn error(text: &str) -> String {
        Table::jsonl(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn objects_are_rows() {
        let text = "{\"a\":\"x\\n\\u0000\",\"b\":1.5}\n\n{\"b\":[1, 2],\"a\":null}\n";
        let table = Table::jsonl(text.as_bytes()).unwrap();
        assert_eq!((table.rows(), table.columns()), (2, &["a".to_owned(), "b".to_owned()][..]));
        let cells = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(row, column)| table.cell(row, column));
        assert_eq!(cells, ["x\n\0", "1.5", "", "[1,2]"]);
        assert!(table.breaks_headers(0) && !table.breaks_headers(1));
        assert_eq!(table.cell(2, 0), "");
    }

    #[test]
    fn errors_carry_their_line() {
        assert!(error("{\"a\":1}\n[1]").starts_with("line 2: not a JSON object"));
        assert_eq!(error("{\"a\":1}\n{}"), "line 2: key \"a\" of the first object is missing");
        assert_eq!(error("{\"a\":1}\n{\"a\":1,\"b\":2}"), "line 2: key \"b\" is not in the first object");
        assert_eq!(error("\n"), "line 1: the table has no rows");
        assert_eq!(error("{}"), "line 1: the table has no rows");
    }
}
