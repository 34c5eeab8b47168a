//! What a column is: name, type, unit, source.

use std::sync::Arc;

use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field, Metadata};

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

/// Unit and source of all columns as JSON, for readers that do not look into the Arrow schema.
pub(super) fn json(specs: &[Spec]) -> String {
    let about = |s: &Spec| (s.name.clone(), serde_json::json!({ "unit": s.unit, "source": s.source }));
    serde_json::Value::Object(specs.iter().map(about).collect()).to_string()
}
