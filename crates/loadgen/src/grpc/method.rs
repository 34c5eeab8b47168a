//! One method: its path, and its messages between JSON and their encoding.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use super::misfit::Misfit;
use super::types::Types;
use super::{decode, encode};

/// Why a method cannot be called.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MethodError {
    /// There is none of this name.
    #[error("the descriptor has no method {name}")]
    Unknown {
        /// The name.
        name: String,
        /// Names that there are: of its service, if that is known, else all.
        known: Vec<String>,
    },
    /// It is not unary.
    #[error("{name} streams {streams}: only unary methods can be called")]
    Streams {
        /// The method.
        name: String,
        /// What it streams.
        streams: &'static str,
    },
    /// The type of its message is not there.
    #[error("{name} uses {missing}, which is not in the descriptor: make it with `protoc --include_imports`")]
    Type {
        /// The method.
        name: String,
        /// The type.
        missing: String,
    },
}

/// A unary method.
#[derive(Debug, Clone, PartialEq)]
pub struct Method {
    pub(super) path: String,
    pub(super) types: Arc<Types>,
    pub(super) input: usize,
    pub(super) output: usize,
}

impl Method {
    /// Its path: `/package.Service/Method`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Appends the encoding of a message given as JSON text.
    ///
    /// # Errors
    /// What does not fit its type, the first of it.
    pub fn encode(&self, json: &[u8], out: &mut Vec<u8>) -> Result<(), Misfit> {
        let value: Value = match serde_json::from_slice(json) {
            Ok(value) => value,
            Err(error) => return Err(Misfit::here(format!("is no JSON: {error}"), "a JSON object")),
        };
        let mut misfits = encode::message(&self.types, self.input, &value, false, out);
        if misfits.is_empty() { Ok(()) } else { Err(misfits.swap_remove(0)) }
    }

    /// Everything in a message that does not fit its type. Text with `{{variables}}` fits anywhere.
    pub fn misfits(&self, message: &Value) -> Vec<Misfit> {
        encode::message(&self.types, self.input, message, true, &mut Vec::new())
    }

    /// A message to it as JSON, for whoever looks; `None`: it cannot be read.
    pub(crate) fn decode_sent(&self, message: &[u8]) -> Option<Value> {
        decode::message(&self.types, self.input, message, 0).ok()
    }

    /// An answer as JSON. Fields without presence are there with their default if the answer does not hold them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn decode(&self, answer: &[u8]) -> Result<Value, String> {
        decode::message(&self.types, self.output, answer, 0).map_err(|problem| {
            format!("the answer is no {}: {problem}", self.types.messages[self.output].name)
        })
    }
}

impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.path)
    }
}
