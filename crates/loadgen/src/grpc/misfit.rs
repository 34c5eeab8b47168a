//! What of a message does not fit its type, and where.

use std::fmt;

/// A step into a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A key.
    Key(String),
    /// A position in a list.
    Item(usize),
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// Where it stands, from the message inwards.
    pub path: Vec<Place>,
    /// What is wrong, to be read behind the place.
    pub problem: String,
    /// What would fit.
    pub expected: String,
    /// Names that could have been meant, if it is one that is not known.
    pub known: Vec<String>,
    /// The name that is not known.
    pub given: Option<String>,
}

impl Misfit {
    /// Something wrong with the message itself.
    pub(super) fn here(problem: impl Into<String>, expected: impl Into<String>) -> Self {
        let (problem, expected) = (problem.into(), expected.into());
        Self { path: Vec::new(), problem, expected, known: Vec::new(), given: None }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => f.write_str("it")?,
            false => {
                for (at, place) in self.path.iter().enumerate() {
                    match place {
                        Place::Key(key) if at == 0 => f.write_str(key)?,
                        Place::Key(key) => write!(f, ".{key}")?,
                        Place::Item(item) => write!(f, "[{item}]")?,
                    }
                }
            }
        }
        write!(f, " {} (expected: {})", self.problem, self.expected)
    }
}
