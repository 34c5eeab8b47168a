//! CSV as RFC 4180 has it.
//!
//! Not read with the crate `csv`, which takes whatever it gets: a quote in the middle of a field or never closed is no
//! error there, so that a slip would become thousands of rows with wrong values, sent as load. Here both are errors,
//! with their line.

use super::{MAXIMUM_COLUMNS, Table, TableError, TableProblem};

/// How a field ended.
#[derive(PartialEq, Eq)]
enum End {
    Comma,
    Line,
    Text,
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

pub(super) fn read(text: &str) -> Result<Table, TableError> {
    let mut reader = Reader { rest: text, line: 1 };
    reader.skip_blank();
    let mut columns = Vec::new();
    let first_line = reader.line;
    if !reader.rest.is_empty() {
        loop {
            let mut name = String::new();
            let end = reader.field(&mut name)?;
            columns.push(name.trim().to_owned());
            // At once: 64 MiB of commas would be as many names.
            if columns.len() > MAXIMUM_COLUMNS {
                return Err(TableError { line: first_line, problem: TableProblem::TooManyColumns });
            }
            if end != End::Comma {
                break;
            }
        }
    }
    let mut table = Table::named(columns, first_line)?;
    reader.skip_blank();
    while !reader.rest.is_empty() {
        let line = reader.line;
        let mut found = 0;
        loop {
            let end = reader.field(&mut table.text)?;
            found += 1;
            if found <= table.columns.len() {
                table.end_cell();
            }
            if end != End::Comma {
                break;
            }
        }
        let expected = table.columns.len();
        if found != expected {
            return Err(TableError { line, problem: TableProblem::Fields { found, expected } });
        }
        reader.skip_blank();
    }
    table.finished(reader.line)
}

impl Reader<'_> {
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
            match rest.strip_prefix('\n') {
                Some(rest) => self.rest = rest,
                None => {
                    // A carriage return at the very end is a line end too.
                    if rest.is_empty() {
                        self.rest = rest;
                    }
                    return;
                }
            }
            self.line += 1;
        }
    }

    fn wrong<T>(&self, problem: TableProblem) -> Result<T, TableError> {
        Err(TableError { line: self.line, problem })
    }

    /// Appends the next field to `out`.
    fn field(&mut self, out: &mut String) -> Result<End, TableError> {
        let Some(mut rest) = self.rest.strip_prefix('"') else {
            let length = self.rest.find([',', '\n', '"']).unwrap_or(self.rest.len());
            let (text, after) = self.rest.split_at(length);
            if after.starts_with('"') {
                return self.wrong(TableProblem::StrayQuote);
            }
            let ends_line = !after.starts_with(',');
            out.push_str(if ends_line { text.strip_suffix('\r').unwrap_or(text) } else { text });
            self.rest = after;
            return self.end();
        };
        let opened = self.line;
        loop {
            let Some(length) = rest.find('"') else {
                return Err(TableError { line: opened, problem: TableProblem::OpenQuote });
            };
            let text = &rest[..length];
            self.line += text.bytes().filter(|&byte| byte == b'\n').count();
            out.push_str(text);
            rest = &rest[length + 1..];
            match rest.strip_prefix('"') {
                Some(after) => {
                    out.push('"');
                    rest = after;
                }
                None => break,
            }
        }
        self.rest = rest.strip_prefix('\r').filter(|r| r.is_empty() || r.starts_with('\n')).unwrap_or(rest);
        self.end()
    }

    fn end(&mut self) -> Result<End, TableError> {
        let mut letters = self.rest.chars();
        let end = match letters.next() {
            None => End::Text,
            Some(',') => End::Comma,
            Some('\n') => {
                self.line += 1;
                End::Line
            }
            Some(_) => return self.wrong(TableProblem::StrayQuote),
        };
        self.rest = letters.as_str();
        Ok(end)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str) -> Vec<Vec<String>> {
        let table = Table::csv(text.as_bytes()).unwrap();
        (0..table.rows())
            .map(|row| (0..table.columns().len()).map(|column| table.cell(row, column).to_owned()).collect())
            .collect()
    }

    fn error(bytes: &[u8]) -> (usize, TableProblem) {
        let error = Table::csv(bytes).unwrap_err();
        (error.line, error.problem)
    }

    #[test]
    fn fields_are_split_at_commas_outside_of_quotes() {
        assert_eq!(rows("a,b\n1,2\n"), [["1", "2"]]);
        assert_eq!(
            rows("\u{feff}a, b\r\n\r\n1,\"x, \"\"y\"\"\r\nz\"\r\n,\"\""),
            [["1", "x, \"y\"\r\nz"], ["", ""]]
        );
        assert_eq!(Table::csv(b"a, b\n1,2").unwrap().columns(), ["a", "b"]);
    }

    #[test]
    fn errors_carry_their_line() {
        assert_eq!(error(b""), (1, TableProblem::NoRows));
        assert_eq!(error(b"a\n\n"), (3, TableProblem::NoRows));
        assert_eq!(error(b"a,a\n1,2"), (1, TableProblem::Column("a".into())));
        assert_eq!(error(b"a,b\n1,2\n\n3\n"), (4, TableProblem::Fields { found: 1, expected: 2 }));
        assert_eq!(error(b"a\n\"x\ny"), (2, TableProblem::OpenQuote));
        assert_eq!(error(b"a\n\"x\ny\"z"), (3, TableProblem::StrayQuote));
        assert_eq!(error(b"a\nx\"y\""), (2, TableProblem::StrayQuote));
        assert_eq!(error(b"a\nb\n\xff"), (3, TableProblem::NotUtf8));
        assert_eq!(error(b"a,b\n1,2,3,4\n"), (2, TableProblem::Fields { found: 4, expected: 2 }));
        assert_eq!(error(&b",".repeat(1 << 20)), (1, TableProblem::TooManyColumns));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(table in prop::collection::vec(prop::collection::vec("[a-z\",\r\nä ]{0,6}", 3), 1..6)) {
            let quoted = |row: &Vec<String>| {
                row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect::<Vec<_>>().join(",")
            };
            let text = std::iter::once("x,y,z".to_owned()).chain(table.iter().map(quoted)).collect::<Vec<_>>();
            prop_assert_eq!(rows(&text.join("\n")), table.clone());
            prop_assert_eq!(rows(&(text.join("\r\n") + "\r\n")), table);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop::sample::select(&b"a,\"\r\n\xc3\xa4"[..]), 0..40)) {
            if let Ok(table) = Table::csv(&bytes) {
                prop_assert!(table.rows() > 0);
                prop_assert_eq!(table.ends.len(), table.rows() * table.columns().len());
            }
        }
    }
}
