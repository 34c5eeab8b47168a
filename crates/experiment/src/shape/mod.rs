//! `loadshapes/*.yml`: one load shape, as users or as requests per second. Shapes nest: what composes others names
//! them in place.

mod arrivals;
mod catalogue;
mod compose;
mod curves;
mod dlim;
mod keys;
mod lines;
mod trace;

pub use catalogue::{CATALOGUE, Entry};

pub(super) use arrivals::element as arrivals;

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_shapes::shape::{Shape, ShapeError};
use swarmlab_yaml::{Diagnostics, MapReader, Value};

use super::{FileKind, unreadable};

/// Reads a shape file.
///
/// # Errors
/// All findings in the file, or why it cannot be read.
pub fn read(path: &Path) -> Result<Shape, Diagnostics> {
    read_with_warnings(path).map(|(shape, _)| shape)
}

/// Reads a shape file; the second part is what is odd about it without being wrong.
///
/// # Errors
/// All findings in the file, or why it cannot be read.
pub fn read_with_warnings(path: &Path) -> Result<(Shape, Diagnostics), Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    FileKind::Shape.parse(path, &text, element)
}

/// Reads the keys of one kind of shape.
type Reader = fn(&MapReader<'_>) -> Option<Shape>;

/// The words and who reads them, in the order in which they are listed.
const WORDS: [(&str, Reader); 20] = [
    ("constant", lines::constant),
    ("ramp", lines::ramp),
    ("step", lines::step),
    ("stages", lines::stages),
    ("spike", lines::spike),
    ("peak", lines::peak),
    ("cyclical", lines::cyclical),
    ("sawtooth", lines::sawtooth),
    ("sine", curves::sine),
    ("diurnal", curves::diurnal),
    ("double-wave", curves::double_wave),
    ("mmpp2", curves::mmpp2),
    ("dlim", dlim::dlim),
    ("trace", trace::trace),
    ("sequence", compose::sequence),
    ("sum", compose::sum),
    ("scale", compose::scale),
    ("repeat", compose::repeat),
    ("clip", compose::clip),
    ("noise", compose::noise),
];

/// Reads a shape, which may stand in another.
pub(super) fn element(value: &Value<'_>) -> Option<Shape> {
    let map = value.mapping()?;
    // Without a shape no key can be judged; the missing or wrong word is the finding.
    let read = map.required("shape", |v| v.enum_of(&WORDS))?;
    let shape = read(&map);
    map.finish();
    let shape = shape?;
    if value.cx().has_errors() {
        return Some(shape);
    }
    // What one key alone cannot show (a rise longer than its period) the shape itself knows; how large it all is
    // shows in the whole.
    let whole = value.path().is_empty();
    if let Err(e) = if whole { shape.validate() } else { shape.validate_parameters() } {
        let expected = match e {
            ShapeError::TooManySegments
            | ShapeError::TooDeep
            | ShapeError::TooManyParts
            | ShapeError::TooHigh { .. }
            | ShapeError::TooLong { .. } => "a smaller shape",
            _ => "parameters that fit each other",
        };
        value.fail(codes::IMPOSSIBLE_SHAPE, e.to_string(), expected);
        return None;
    }
    Some(shape)
}

#[cfg(test)]
mod tests;
