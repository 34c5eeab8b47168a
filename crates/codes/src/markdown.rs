//! All pages as one document: docs/errors.md.

use std::fmt::Write;

use crate::{Code, Level, Room, all};

const HEAD: &str = "\
# Errors and warnings

Every error and warning has a number and a name that stay the same over versions: `error[E204-unknown-service]`, and in
`--json` the field `code`. `swarmlab explain E204` prints its page; this file holds all of them. It is written by
`swarmlab explain --markdown`; a test compares it with the table in `crates/codes`.

`E` is an error, `W` a warning; they share the numbers. The hundreds say where it comes from. The last column of the
tables is the [exit code](reference.md#exit-codes) with which the command then ends.
";

/// Every code: tables by room, then the pages.
pub fn markdown() -> String {
    let mut out = HEAD.to_owned();
    // Writing to a string cannot fail.
    let _ = write(&mut out);
    out
}

fn write(out: &mut String) -> std::fmt::Result {
    let mut rooms: Vec<Room> = all().map(Code::room).collect();
    rooms.dedup();
    for room in rooms {
        writeln!(out, "\n## {}xx: {}\n", room.hundreds(), room.title())?;
        writeln!(out, "| code | | exit |\n|---|---|---:|")?;
        let of_room = || all().filter(|code| code.room() == room);
        for code in of_room() {
            let exit = match code.level() {
                Level::Error => code.exit().to_string(),
                Level::Warning => String::new(),
            };
            let id = code.id();
            writeln!(out, "| [`{id}`](#{}) | {} | {exit} |", id.to_lowercase(), cell(code.title()))?;
        }
        for code in of_room() {
            let language = if code.example().starts_with("# ") { "yaml" } else { "sh" };
            writeln!(out, "\n### {}\n\n{}.\n\n{}", code.id(), sentence(code.title()), code.means())?;
            writeln!(out, "\n```{language}\n{}\n```\n\n{}", code.example(), code.advice())?;
        }
    }
    Ok(())
}

/// With a capital letter.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
