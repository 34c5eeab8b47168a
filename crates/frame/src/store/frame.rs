//! `frame.parquet`: the wide table with the description of its columns inside.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::parquet::{Sheet, Spec, Values, read};
use crate::clock::Bins;
use crate::frame::{Column, Fold, Frame, Owner, T_S, T_UNIX_S};
use swarmlab_record::FileError;

/// Key of the description in the file's key-value metadata.
const KEY: &str = "swarmlab.frame";

/// What the table alone does not say, as JSON.
#[derive(Serialize, Deserialize)]
struct Description {
    bins: Bins,
    zero_unix_s: f64,
    columns: Vec<Described>,
}

#[derive(Serialize, Deserialize)]
struct Described {
    name: String,
    owner: Owner,
    unit: String,
    source: String,
    fold: Fold,
}

/// Writes a frame: the columns `t_unix_s`, `t_s`, then its own.
///
/// Bins, owners, units, sources and rules of folding go into the file's key-value metadata under
/// `swarmlab.frame`, as JSON; units and sources also into the fields of the Arrow schema.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_frame(path: &Path, frame: &Frame) -> Result<(), FileError> {
    let described = |c: &Column| Described {
        name: c.name().into(),
        owner: c.owner().clone(),
        unit: c.unit().into(),
        source: c.source().into(),
        fold: c.fold(),
    };
    let description = Description {
        bins: *frame.bins(),
        zero_unix_s: frame.zero_unix_s(),
        columns: frame.columns().iter().map(described).collect(),
    };
    let description = serde_json::to_string(&description).map_err(|e| wrong(path, e))?;
    let mut sheet = Sheet::new(frame.bins().count());
    let begin = "begin of the bin";
    sheet.push(Spec::all_numbers(T_UNIX_S, "s", begin), Values::AllNumbers(frame.t_unix_s()));
    let since = "begin of the bin since the begin of the load";
    sheet.push(Spec::all_numbers(T_S, "s", since), Values::AllNumbers(frame.t_s()));
    for column in frame.columns() {
        let spec = Spec::numbers(column.name(), column.unit(), column.source());
        sheet.push(spec, Values::Numbers(column.values().into()));
    }
    sheet.write(path, &[("swarmlab.table", "frame".into()), (KEY, description)])
}

/// Reads what [`write_frame`] wrote.
///
/// # Errors
/// [`FileError`] naming the file, and what is wrong with its description or columns.
pub fn read_frame(path: &Path) -> Result<Frame, FileError> {
    let sheet = read(path)?;
    let description = sheet.text(KEY).ok_or_else(|| wrong(path, format!("no metadata {KEY}")))?;
    let description: Description = serde_json::from_str(&description).map_err(|e| wrong(path, e))?;
    let mut frame = Frame::with_zero(description.bins, description.zero_unix_s);
    for d in description.columns {
        let values = sheet.numbers(&d.name)?;
        let column = Column::restored(d.name, d.owner, d.unit, d.source, d.fold, values);
        frame.push(column).map_err(|e| wrong(path, e))?;
    }
    Ok(frame)
}

fn wrong(path: &Path, problem: impl ToString) -> FileError {
    FileError::Description { path: path.into(), problem: problem.to_string() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::Engine as _;

    use super::*;
    use crate::clock::Bins;
    use crate::frame::{Column, Fold, Owner};

    /// pyarrow and pandas show the Arrow schema's own metadata, and pandas of that what stands under one name.
    #[test]
    fn what_the_frame_says_of_itself_is_where_pyarrow_and_pandas_look() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("frame.parquet");
        let mut frame = Frame::with_zero(Bins::new(1000.0, 1.0, 1).unwrap(), 1000.0);
        let users = Column::new(Owner::Client, "users", "users", "load engine", Fold::Mean, vec![Some(1.0)]);
        frame.push(users.unwrap()).unwrap();
        write_frame(&path, &frame).unwrap();
        let schema = read(&path).unwrap().text("ARROW:schema").unwrap();
        let message = base64::prelude::BASE64_STANDARD.decode(schema).unwrap();
        let message = String::from_utf8_lossy(&message).into_owned();
        assert!(message.contains(KEY) && message.contains("load engine"), "{message}");
        let attributes = &message[message.find(r#"{"swarmlab.columns":"#).unwrap()..];
        let mut read = serde_json::Deserializer::from_str(attributes).into_iter::<serde_json::Value>();
        let attributes = read.next().unwrap().unwrap();
        assert!(message.contains("PANDAS_ATTRS"));
        assert_eq!(attributes["swarmlab.columns"]["client_users"]["unit"], "users");
        assert_eq!(attributes[KEY]["bins"]["count"], 1);
    }
}
