//! Labels of a series, however they are kept.

use std::collections::{BTreeMap, HashMap};

/// The labels of one series. A label without a value is no label, as in Prometheus.
pub trait LabelSet {
    /// The value of a label; `None` if it is absent or empty.
    fn value(&self, label: &str) -> Option<&str>;
    /// All labels with their values.
    fn each<'a>(&'a self) -> Box<dyn Iterator<Item = (&'a str, &'a str)> + 'a>;
}

impl LabelSet for HashMap<String, String> {
    fn value(&self, label: &str) -> Option<&str> {
        self.get(label).map(String::as_str).filter(|v| !v.is_empty())
    }

    fn each<'a>(&'a self) -> Box<dyn Iterator<Item = (&'a str, &'a str)> + 'a> {
        Box::new(self.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(|(_, v)| !v.is_empty()))
    }
}

impl LabelSet for BTreeMap<String, String> {
    fn value(&self, label: &str) -> Option<&str> {
        self.get(label).map(String::as_str).filter(|v| !v.is_empty())
    }

    fn each<'a>(&'a self) -> Box<dyn Iterator<Item = (&'a str, &'a str)> + 'a> {
        Box::new(self.iter().map(|(k, v)| (k.as_str(), v.as_str())).filter(|(_, v)| !v.is_empty()))
    }
}
