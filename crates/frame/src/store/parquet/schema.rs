//! What a column is: name, type, unit, source.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, Metadata};
use polars_arrow::io::ipc::write::{default_ipc_fields, schema_to_bytes};

/// Type of a column, and whether it may hold nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Numbers,
    AllNumbers,
    Counts,
    Texts,
}

/// A column on its way into a file.
#[derive(Debug, Clone)]
pub(in crate::store) struct Spec {
    pub(super) name: String,
    pub(super) of: Type,
    unit: String,
    source: String,
}

impl Spec {
    fn new(name: &str, of: Type, unit: &str, source: &str) -> Self {
        Self { name: name.into(), of, unit: unit.into(), source: source.into() }
    }

    /// Numbers, null where unknown.
    pub(in crate::store) fn numbers(name: &str, unit: &str, source: &str) -> Self {
        Self::new(name, Type::Numbers, unit, source)
    }

    /// Numbers, all of them known.
    pub(in crate::store) fn all_numbers(name: &str, unit: &str, source: &str) -> Self {
        Self::new(name, Type::AllNumbers, unit, source)
    }

    /// Whole numbers.
    pub(in crate::store) fn counts(name: &str, unit: &str, source: &str) -> Self {
        Self::new(name, Type::Counts, unit, source)
    }

    /// Words.
    pub(in crate::store) fn texts(name: &str, source: &str) -> Self {
        Self::new(name, Type::Texts, "", source)
    }

    fn field(&self) -> Field {
        let dtype = match self.of {
            Type::Numbers | Type::AllNumbers => ArrowDataType::Float64,
            Type::Counts => ArrowDataType::UInt64,
            // Not the view type, which older readers of Arrow schemas do not know.
            Type::Texts => ArrowDataType::LargeUtf8,
        };
        let about: Metadata = [("unit", &self.unit), ("source", &self.source)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(key, text)| (key.into(), text.as_str().into()))
            .collect();
        let field = Field::new(self.name.as_str().into(), dtype, self.of == Type::Numbers);
        Field { metadata: (!about.is_empty()).then(|| Arc::new(about)), ..field }
    }
}

/// The Arrow schema of a table.
pub(super) fn arrow(specs: &[Spec]) -> ArrowSchema {
    specs.iter().map(Spec::field).map(|field| (field.name.clone(), field)).collect()
}

/// The Arrow schema as Parquet files carry it under `ARROW:schema`, with metadata of its own: where it is there, pyarrow and
/// pandas show that and not the file's.
pub(super) fn encoded(specs: &[Spec], more: &[(&str, String)]) -> String {
    let schema = arrow(specs);
    let metadata: Metadata = more.iter().map(|(key, value)| ((*key).into(), value.as_str().into())).collect();
    let message = schema_to_bytes(&schema, &default_ipc_fields(schema.iter_values()), Some(&metadata));
    // The length stands before the message, as in streams of Arrow's.
    let mut bytes = vec![0xff; 4];
    bytes.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&message);
    STANDARD.encode(bytes)
}

/// The same as pandas looks for it (`DataFrame.attrs`): one object, in which what is JSON is no text.
pub(super) fn attributes(own: &[(&str, String)]) -> String {
    let value = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| serde_json::json!(text));
    serde_json::Value::Object(own.iter().map(|(key, text)| ((*key).to_owned(), value(text))).collect())
        .to_string()
}

/// Unit and source of all columns as JSON, for readers that do not look into the Arrow schema.
pub(super) fn json(specs: &[Spec]) -> String {
    let about = |s: &Spec| (s.name.clone(), serde_json::json!({ "unit": s.unit, "source": s.source }));
    serde_json::Value::Object(specs.iter().map(about).collect()).to_string()
}
