//! Tables as CSV (RFC 4180), also as real files have them.

use std::io;

use super::lines::{Line, Lines};
use super::problem::Problem;
use super::remarks::{Remarks, shortened};

/// Longest record that goes over several lines, bytes: messages of errors have line ends in them.
const MAX_RECORD_BYTES: usize = 256 << 10;

/// One record; a buffer that is filled again and again.
#[derive(Debug, Default)]
pub struct Record {
    text: String,
    ends: Vec<usize>,
    /// The line on which it begins, from 1.
    pub line: u64,
    whole: bool,
}

impl Record {
    /// A field, without spaces around it.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let begin = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(begin..end).map(str::trim)
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|i| self.get(i))
    }
}

/// A table with names of its columns.
pub struct Table<'a, 'b> {
    lines: &'b mut Lines<'a>,
    line: String,
    separator: u8,
    names: Vec<String>,
    /// A record that was read already.
    waiting: Option<Record>,
    last_needed: usize,
}

/// Bytes that may stand between fields.
const SEPARATORS: [u8; 4] = *b",;\t|";

/// The separator of a line of names: the one that there is most of.
fn separator_of(line: &str) -> u8 {
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

impl<'a, 'b> Table<'a, 'b> {
    /// Reads the first record and takes it as names; `None` of an empty file.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(
        lines: &'b mut Lines<'a>,
        separator: Option<u8>,
        remarks: &mut Remarks,
    ) -> io::Result<Option<Self>> {
        let mut line = String::new();
        loop {
            let Some(first) = lines.next(&mut line, remarks)? else { return Ok(None) };
            if line.trim().is_empty() {
                continue;
            }
            let separator = separator.unwrap_or_else(|| separator_of(&line));
            let mut table =
                Self { lines, line, separator, names: Vec::new(), waiting: None, last_needed: usize::MAX };
            let mut record = Record::default();
            if table.continued(first, &mut record, remarks)? {
                table.names = record.iter().map(str::to_owned).collect();
            }
            return Ok(Some(table));
        }
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The place of a column, in whatever case it is written.
    pub fn column(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|n| n == name);
        exact.or_else(|| self.names.iter().position(|n| n.eq_ignore_ascii_case(name)))
    }

    /// The places of some columns, of which the first `needed` must be there; a record must be whole up to the last of them.
    ///
    /// # Errors
    /// Which of those are not there.
    pub fn places<const N: usize>(
        &mut self,
        file: &str,
        names: [&str; N],
        needed: usize,
    ) -> Result<[Option<usize>; N], Problem> {
        let places = names.map(|name| self.column(name));
        let found = names.iter().zip(&places).take(needed);
        let missing: Vec<String> =
            found.filter(|(_, at)| at.is_none()).map(|(name, _)| (*name).to_owned()).collect();
        if !missing.is_empty() {
            return Err(Problem::Columns { file: file.to_owned(), missing, there: self.names().join(", ") });
        }
        self.needs(places.into_iter().flatten());
        Ok(places)
    }

    /// Takes the first record back as one like the others: the table has other names, or none but numbers.
    pub fn without_names(&mut self, names: Vec<String>) {
        let mut record = Record { line: 1, whole: true, ..Record::default() };
        for field in &self.names {
            record.text.push_str(field);
            record.ends.push(record.text.len());
        }
        self.names =
            if names.is_empty() { (1..=record.len()).map(|n| n.to_string()).collect() } else { names };
        self.waiting = Some(record);
    }

    /// The last column that is used: what a cut at the end of the file may not have touched.
    pub fn needs(&mut self, columns: impl IntoIterator<Item = usize>) {
        self.last_needed = columns.into_iter().max().unwrap_or(0);
    }

    /// The next record that can be used; false at the end of the file.
    ///
    /// # Errors
    /// What the system says.
    pub fn next(&mut self, record: &mut Record, remarks: &mut Remarks) -> io::Result<bool> {
        loop {
            match self.waiting.take() {
                Some(first) => *record = first,
                None => {
                    if !self.read(record, remarks)? {
                        return Ok(false);
                    }
                }
            }
            let shown = || shortened(&record.iter().collect::<Vec<_>>().join(" "));
            let (fields, names) = (record.len(), self.names.len());
            if !record.whole && (fields < names || fields.saturating_sub(1) <= self.last_needed) {
                remarks.note(record.line, "the last line has no end: it was cut off, and is left out", shown);
            } else if fields == names && record.iter().eq(self.names.iter().map(String::as_str)) {
                remarks.note(record.line, "the line of names again, left out", String::new);
            } else if fields < names {
                remarks.note(record.line, "fewer fields than there are names, left out", shown);
            } else {
                if fields > names {
                    remarks.note(
                        record.line,
                        "more fields than there are names; those behind are not read",
                        shown,
                    );
                }
                return Ok(true);
            }
        }
    }

    fn read(&mut self, record: &mut Record, remarks: &mut Remarks) -> io::Result<bool> {
        loop {
            let Some(first) = self.lines.next(&mut self.line, remarks)? else { return Ok(false) };
            if !self.line.trim().is_empty() && self.continued(first, record, remarks)? {
                return Ok(true);
            }
        }
    }

    /// The record that begins on the present line, with as many further lines as its quotes hold; false if they never end.
    fn continued(&mut self, first: Line, record: &mut Record, remarks: &mut Remarks) -> io::Result<bool> {
        record.text.clear();
        record.ends.clear();
        (record.line, record.whole) = (first.number, first.whole);
        let mut quoted = false;
        let mut lines = 1;
        loop {
            quoted = split(&self.line, self.separator, quoted, record);
            if !quoted {
                record.ends.push(record.text.len());
                return Ok(true);
            }
            record.text.push('\n');
            let more = if record.text.len() > MAX_RECORD_BYTES {
                None
            } else {
                self.lines.next(&mut self.line, remarks)?
            };
            let Some(more) = more else {
                let what = "a quote that is never closed: what follows it is left out";
                remarks.note_many(first.number, lines, what, || shortened(&record.text));
                return Ok(false);
            };
            record.whole = more.whole;
            lines += 1;
        }
    }
}

/// Adds the fields of a line; the last stays open. Returns whether the line ends within quotes.
fn split(line: &str, separator: u8, mut quoted: bool, record: &mut Record) -> bool {
    let bytes = line.as_bytes();
    let (mut at, mut begin) = (0, 0);
    // Whether the field has a character yet: quotes count only at its begin.
    let mut empty = !quoted;
    while at < bytes.len() {
        let byte = bytes[at];
        if quoted {
            if byte == b'"' {
                record.text.push_str(&line[begin..at]);
                if bytes.get(at + 1) == Some(&b'"') {
                    record.text.push('"');
                    at += 1;
                } else {
                    quoted = false;
                }
                begin = at + 1;
            }
        } else if byte == separator {
            record.text.push_str(&line[begin..at]);
            record.ends.push(record.text.len());
            (begin, empty) = (at + 1, true);
            at += 1;
            continue;
        } else if byte == b'"' && empty {
            quoted = true;
            begin = at + 1;
        }
        empty &= byte == b' ' && !quoted;
        at += 1;
    }
    record.text.push_str(&line[begin..]);
    quoted
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(text: &str) -> (Vec<Vec<String>>, Vec<String>) {
        let (mut lines, mut remarks) = (Lines::new(text.as_bytes()), Remarks::default());
        remarks.of_file("f");
        let mut out = Vec::new();
        if let Some(mut table) = Table::open(&mut lines, None, &mut remarks).unwrap() {
            table.needs([1]);
            out.push(table.names().to_vec());
            let mut record = Record::default();
            while table.next(&mut record, &mut remarks).unwrap() {
                out.push(record.iter().map(str::to_owned).collect());
            }
        }
        (out, remarks.into_all().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn quotes_hold_separators_quotes_and_ends_of_lines() {
        let (rows, remarks) = rows("a;b;c\n1;\"x;\"\"y\"\"\nz\";3\n\n ;a \"b\";\n");
        assert_eq!(rows, [["a", "b", "c"], ["1", "x;\"y\"\nz", "3"], ["", "a \"b\"", ""]]);
        assert!(remarks.is_empty(), "{remarks:?}");
    }

    #[test]
    fn what_real_files_have_is_survived_and_told() {
        let text = "a,b,c\r\n1,2,3\r\na,b,c\r\n1,2\r\n1,2,3,4\r\n5,6,7\r\na,b,c\r\n8,9";
        let (rows, remarks) = rows(text);
        assert_eq!(rows[1..], [vec!["1", "2", "3"], vec!["1", "2", "3", "4"], vec!["5", "6", "7"]]);
        assert_eq!(
            remarks,
            [
                "f:3: the line of names again, left out (2 times, this is the first)",
                "f:4: fewer fields than there are names, left out: 1 2",
                "f:5: more fields than there are names; those behind are not read: 1 2 3 4",
                "f:8: the last line has no end: it was cut off, and is left out: 8 9",
            ]
        );
    }

    #[test]
    fn a_last_line_without_an_end_is_kept_where_the_cut_touches_nothing_needed() {
        assert_eq!(rows("a,b,c\n1,2,3").0.len(), 2);
        assert_eq!(rows("a,b\n1,2").0.len(), 1);
    }

    #[test]
    fn a_quote_that_is_never_closed_takes_no_more_than_its_bound() {
        let text = format!("a,b\n1,\"x\n{}3,4\n", "5,6\n".repeat(200_000));
        let (rows, remarks) = rows(&text);
        assert!(
            rows.len() > 100_000 && remarks[0].starts_with("f:2: a quote that is never closed"),
            "{remarks:?}"
        );
    }
}
