//! Words and numbers: escaping, rounding, measuring.

mod escape;
mod measure;
mod number;

pub(crate) use escape::{escape, json_for_script, markdown, slug};
pub(crate) use measure::{ellipsize, width_px, wrap};
pub(crate) use number::{coefficient, coord, fixed, significant, superscript};
