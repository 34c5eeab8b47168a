//! A scenario that is being made, whatever it is made from.

/// A whole scenario.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub name: String,
    /// Said at the top.
    pub comments: Vec<String>,
    pub cookies: bool,
    pub wait: Option<Wait>,
    /// Said above the wait.
    pub wait_comments: Vec<String>,
    /// Done once by each user.
    pub on_start: Vec<Task>,
    pub tasks: Vec<Task>,
}

/// A pause after each iteration, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Constant(u64),
    Between(u64, u64),
}

/// Some steps that belong together.
#[derive(Debug, Default)]
pub(crate) struct Task {
    pub name: String,
    pub comments: Vec<String>,
    pub steps: Vec<Step>,
}

impl Task {
    /// Whether any step of it is sent.
    pub fn is_on(&self) -> bool {
        self.steps.iter().any(|step| !step.is_off)
    }
}

/// One request.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub comments: Vec<String>,
    /// Written as a comment.
    pub is_off: bool,
    pub name: String,
    /// `None`: the main one.
    pub target: Option<String>,
    pub method: String,
    /// Path and query, with variables.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    /// Statuses and classes.
    pub expect: Vec<String>,
    pub extract: Vec<(String, From)>,
}

/// Whether a header or cookie can be called so: a token (RFC 9110, section 5.6.2).
pub(crate) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Where a value is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    Json(String),
    Header(String),
}

impl Draft {
    /// Steps that are sent.
    pub fn count(&self) -> usize {
        self.on_start
            .iter()
            .chain(&self.tasks)
            .flat_map(|task| &task.steps)
            .filter(|step| !step.is_off)
            .count()
    }
}
