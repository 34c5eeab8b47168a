//! A catalogue and its rows, as read from a file.

use std::collections::BTreeMap;

use swarmlab_record::metric::{Kind, Meaning};

use crate::selector::Selector;

/// The interval that is expected where a file does not say, seconds.
pub const INTERVAL_S: f64 = 1.0;
/// The label of a bucket's upper bound, in every exporter of histograms.
pub const BOUND: &str = "le";

/// What a source speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A proxy: what it received, what it sent on.
    Proxy,
    /// Containers, seen from outside.
    Container,
    /// Machines.
    Node,
    /// An application, its own account.
    Application,
}

impl Role {
    /// Words of the files.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("proxy", Self::Proxy),
        ("container", Self::Container),
        ("node", Self::Node),
        ("application", Self::Application),
    ];

    /// Its word.
    pub fn name(self) -> &'static str {
        Self::WORDS.iter().find(|(_, role)| *role == self).map_or("", |(word, _)| word)
    }
}

/// One source of metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// Its name, unique among those of a run.
    pub name: String,
    /// What it is, in one line; may be empty.
    pub about: String,
    /// What it speaks of.
    pub role: Role,
    /// How its labels are read, unless a row says otherwise.
    pub labels: Labels,
    /// What it exports.
    pub rows: Vec<Row>,
}

/// A metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which series.
    pub selector: Selector,
    /// What they say.
    pub meaning: Meaning,
    /// How they are brought onto bins.
    pub kind: Kind,
    /// Unit after scaling; empty when dimensionless.
    pub unit: String,
    /// From the source's numbers to `unit`: of the values, or of the bounds of a histogram.
    pub factor: f64,
    /// Whether it counts the requests that a proxy received from its clients, and so proves that they go through it.
    pub proof: bool,
    /// A value that says that there is nothing, such as 0 for a limit that is not set: it is no sample.
    pub absent: Option<f64>,
    /// How the labels of this row are read, where it differs from the catalogue.
    pub labels: Labels,
}

/// Which labels say what. What is `None` is not said here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Labels {
    /// The service that a series speaks of.
    pub service: Option<Service>,
    /// Its task.
    pub task: Option<Task>,
    /// The machine.
    pub node: Option<String>,
    /// The service behind a proxy; an empty list of labels: none.
    pub edge: Option<Edge>,
    /// The class of an answer: the first of these labels that is there.
    pub class: Option<Vec<String>>,
    /// Which further labels tell series of one task apart.
    pub keep: Option<Keep>,
    /// Series that are left out, by label. A series without the label passes.
    pub only: BTreeMap<String, Filter>,
    /// Seconds between samples that are expected.
    pub interval_s: Option<f64>,
}

/// How a series names its service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// The label.
    pub label: String,
    /// How the label's value is spelt.
    pub form: Form,
    /// A label that must name the stack, where it is there.
    pub namespace: Option<String>,
    /// Values of the label that are spelt in no form, and the service each means.
    pub names: BTreeMap<String, String>,
    /// Series without the label that should have had it.
    pub unnamed: Vec<Unnamed>,
}

/// How a value names a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// By its short name, or as `<stack>_<service>`, `<stack>-<service>`, `tasks.<service>`.
    Service,
    /// As `<stack>_<service>` and in no other way.
    StackService,
}

/// Series that speak of a service and do not say of which.
#[derive(Debug, Clone, PartialEq)]
pub struct Unnamed {
    /// A label that is there.
    pub label: String,
    /// What its value contains; `{stack}` stands for the stack's name.
    pub contains: String,
    /// Labels of which none is there.
    pub without: Vec<String>,
    /// What the user should know, a sentence without its point.
    pub why: String,
}

/// How a series names its task.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The label.
    pub label: String,
    /// Another one where the first is not there.
    pub or: Option<String>,
    /// Whether the value is the orchestrator's own name of the task.
    pub exact: bool,
}

/// How a series of a proxy names the service behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edge {
    /// The label; `None`: it names nobody.
    pub label: Option<String>,
    /// Values that are no service's name, and the service each means.
    pub names: BTreeMap<String, String>,
}

/// Which labels tell series of one task apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Keep {
    /// All that say nothing else.
    All,
    /// These.
    These(Vec<String>),
}

/// Values of a label that count.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Only these, if any is named.
    pub is: Vec<String>,
    /// None of these.
    pub not: Vec<String>,
}

impl Filter {
    /// Whether a series with this value counts.
    pub fn allows(&self, value: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|v| v == value);
        (self.is.is_empty() || named(&self.is)) && !named(&self.not)
    }
}

impl Catalogue {
    /// What is said of a row: by itself, or else by the catalogue.
    pub(crate) fn said<'a, T>(
        &'a self,
        row: &'a Row,
        of: impl Fn(&'a Labels) -> Option<&'a T>,
    ) -> Option<&'a T> {
        of(&row.labels).or_else(|| of(&self.labels))
    }

    /// The interval that is expected of a row, seconds.
    pub fn interval_s(&self, row: &Row) -> f64 {
        self.said(row, |l| l.interval_s.as_ref()).copied().unwrap_or(INTERVAL_S)
    }
}
