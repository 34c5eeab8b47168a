//! Tables, notes on the data, provenance.

use super::{section, sign};
use crate::markup::Markup;
use crate::model::{Align, Note, Table};

pub(super) fn write(m: &mut Markup, tables: &[Table]) {
    if tables.is_empty() {
        return;
    }
    section(m, "tables", "In figures", "");
    m.open("div", &[("class", "blocks")]);
    for table in tables {
        m.open("div", &[("class", "block")]).leaf("h3", &[], &table.title);
        m.leaf_if("p", &[("class", "lead")], &table.note);
        body(m, table);
        m.close();
    }
    m.close().close();
}

fn body(m: &mut Markup, table: &Table) {
    let class = |align: Align| if align == Align::Right { "n" } else { "w" };
    m.open("div", &[("class", "scroll")]).open("table", &[]).open("thead", &[]).open("tr", &[]);
    for column in &table.columns {
        m.open("th", &[("class", class(column.align)), ("scope", "col")]).text(&column.label);
        m.leaf_if("span", &[("class", "unit")], &column.unit).close();
    }
    m.close().close().open("tbody", &[]);
    for row in &table.rows {
        m.open("tr", &[]);
        for (cell, column) in row.iter().zip(&table.columns) {
            m.open("td", &[("class", class(column.align))]);
            if let Some(status) = cell.status {
                sign(m, status);
                m.leaf("span", &[("class", "sr")], status.word()).text(" ");
            }
            m.text(if cell.text.is_empty() && cell.status.is_none() { "–" } else { &cell.text }).close();
        }
        m.close();
    }
    m.close().close();
    if table.rows.is_empty() {
        m.leaf("p", &[("class", "lead")], "No rows.");
    }
    m.close();
}

pub(super) fn notes(m: &mut Markup, notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    section(m, "quality", "Quality of the data", "");
    m.open("ul", &[("class", "notes")]);
    for note in notes {
        m.open("li", &[]);
        sign(m, note.status);
        m.open("span", &[]).leaf("span", &[("class", "sr")], note.status.word()).text(" ").text(&note.text);
        m.close().close();
    }
    m.close().close();
}

pub(super) fn provenance(m: &mut Markup, pairs: &[(String, String)]) {
    if pairs.is_empty() {
        return;
    }
    section(m, "provenance", "Provenance", "");
    m.open("dl", &[("class", "provenance")]);
    for (key, value) in pairs {
        m.open("div", &[]).leaf("dt", &[], key).leaf("dd", &[], value).close();
    }
    m.close().close();
}
