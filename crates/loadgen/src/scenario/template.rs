//! Text with `{{variables}}`, split once into segments.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::expression::{self, Expression, ExpressionError};

/// Text in which `{{name}}` stands for the value of a variable.
///
/// Built in are `{{user}}` (number of the user or session, from 0), `{{iteration}}` (its iterations so far)
/// and `{{random}}` (a seeded number below 2^32, new at each place). Others are columns of a feeder
/// (`{{feeder.column}}`), the user's variant, and values extracted or set by an earlier step. In place of a name an
/// [`Expression`] may stand: `{{count + 1}}`, `{{uuid()}}`. `{{name|filter}}` says how the value is written
/// ([`Filter`]). There is no escape: `{{` always opens a variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template {
    source: String,
    segments: Vec<Segment>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Segment {
    /// Taken as it is.
    Literal(String),
    /// Replaced by the value of a variable.
    Variable {
        /// Its name.
        name: String,
        /// How the value is written.
        filter: Filter,
    },
    /// Replaced by what is computed, once for each request.
    Computed {
        /// What is computed.
        expression: Expression,
        /// How the value is written.
        filter: Filter,
    },
}

/// How a value is written into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// As the place demands. In a path: percent-encoded but for reserved characters. In a JSON body: between
    /// quotes escaped, elsewhere as it is. In a form (`application/x-www-form-urlencoded`): as
    /// [`Filter::Url`]. Anywhere else: as it is.
    Auto,
    /// `|json`: escaped as the inside of a JSON string (RFC 8259 section 7).
    Json,
    /// `|url`: all but unreserved characters percent-encoded (RFC 3986 section 2.3), for values in a query.
    Url,
    /// `|raw`: as it is. Not in paths.
    Raw,
}

impl Filter {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Filter::Json),
            "url" => Some(Filter::Url),
            "raw" => Some(Filter::Raw),
            _ => None,
        }
    }
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// A `{{` without its `}}`.
    #[error("`{{{{` at byte {at} is never closed by `}}}}` in {source_text:?}")]
    Unclosed {
        /// Byte offset of the opening braces.
        at: usize,
        /// The whole text.
        source_text: String,
    },
    /// Something between the braces that is no name.
    #[error("{name:?} in {source_text:?} is no variable name (letters, digits, `_`, `-`, `.`)")]
    Name {
        /// What stands between the braces.
        name: String,
        /// The whole text.
        source_text: String,
    },
    /// Something between the braces that is neither a name nor an expression.
    #[error("{error} in `{{{{{inside}}}}}`")]
    Expression {
        /// What stands between the braces.
        inside: String,
        /// What is wrong with it.
        error: ExpressionError,
    },
    /// Something behind `|` that is no filter.
    #[error("{filter:?} in {source_text:?} is no filter (json, url, raw)")]
    Filter {
        /// What stands behind the bar.
        filter: String,
        /// The whole text.
        source_text: String,
    },
}

impl TemplateError {
    /// What should stand there.
    pub fn expected(&self) -> &str {
        match self {
            Self::Unclosed { .. } => "`}}` behind it",
            Self::Name { .. } => "the name of a variable",
            Self::Expression { error: ExpressionError::Unexpected { expected, .. }, .. } => expected,
            Self::Expression { .. } => "an expression that can be computed (docs/reference.md, Variables)",
            Self::Filter { .. } => "one of json, url, raw",
        }
    }
}

impl Template {
    /// Splits `source` into segments.
    ///
    /// # Errors
    /// Braces that are not closed, or something between them that is no name or has no such filter.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let mut segments = Vec::new();
        let mut rest = source;
        while let Some(open) = rest.find("{{") {
            let at = source.len() - rest.len() + open;
            let Some(length) = rest[open + 2..].find("}}") else {
                return Err(TemplateError::Unclosed { at, source_text: source.to_owned() });
            };
            let inside = rest[open + 2..open + 2 + length].trim();
            let (name, filter) = match split_filter(inside) {
                (name, None) => (name, Filter::Auto),
                (name, Some(filter)) => match Filter::parse(filter.trim()) {
                    Some(filter) => (name.trim_end(), filter),
                    None => {
                        let filter = filter.trim().to_owned();
                        return Err(TemplateError::Filter { filter, source_text: source.to_owned() });
                    }
                },
            };
            if name.is_empty() {
                return Err(TemplateError::Name { name: name.to_owned(), source_text: source.to_owned() });
            }
            if open > 0 {
                segments.push(Segment::Literal(rest[..open].to_owned()));
            }
            segments.push(if is_name(name) {
                Segment::Variable { name: name.to_owned(), filter }
            } else {
                let expression = expression::parse(name)
                    .map_err(|error| TemplateError::Expression { inside: inside.to_owned(), error })?;
                Segment::Computed { expression, filter }
            });
            rest = &rest[open + 2 + length + 2..];
        }
        if !rest.is_empty() {
            segments.push(Segment::Literal(rest.to_owned()));
        }
        Ok(Self { source: source.to_owned(), segments })
    }

    /// The text as it was given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pieces, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// A JSON value whose strings are templates. A string that is nothing but `{{name|raw}}` is put in without quotes,
    /// for numbers and the like.
    ///
    /// # Errors
    /// A string that is no template.
    pub fn json(value: &serde_json::Value) -> Result<Self, TemplateError> {
        super::compiled::json::body(value)
    }

    /// A text without variables, whatever braces stand in it.
    pub(super) fn literal(text: &str) -> Self {
        Self { source: text.to_owned(), segments: vec![Segment::Literal(text.to_owned())] }
    }

    /// Two texts, one behind the other.
    pub(super) fn append(&mut self, mut other: Template) {
        self.source.push_str(&other.source);
        self.segments.append(&mut other.segments);
    }

    /// The same with other literals.
    pub(super) fn map_literals(mut self, change: impl Fn(&str) -> String) -> Self {
        for segment in &mut self.segments {
            if let Segment::Literal(text) = segment {
                *text = change(text);
            }
        }
        self
    }

    /// Names of the variables, in order of appearance, with repetitions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.uses().into_iter().map(|(name, _)| name)
    }

    /// The same, and whether each may be missing, for which `default` gives another value.
    pub(super) fn uses(&self) -> Vec<(&str, bool)> {
        let mut uses = Vec::new();
        for segment in &self.segments {
            match segment {
                Segment::Variable { name, .. } => uses.push((name.as_str(), false)),
                Segment::Computed { expression, .. } => {
                    expression.variables(&mut |name, may_miss| uses.push((name, may_miss)));
                }
                Segment::Literal(_) => {}
            }
        }
        uses
    }
}

/// What stands before the first bar outside of quotes, and what behind it.
fn split_filter(inside: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    for (at, letter) in inside.char_indices() {
        match (letter, quote) {
            ('|', None) => return (&inside[..at], Some(&inside[at + 1..])),
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            _ => {}
        }
    }
    (inside, None)
}

/// Whether `name` can name a variable.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl std::str::FromStr for Template {
    type Err = TemplateError;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        Self::parse(source)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.source
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_split_at_variables() {
        let template = Template::parse("/users/{{user}}/x?t={{ token }}").unwrap();
        let literal = |text: &str| Segment::Literal(text.to_owned());
        let variable = |name: &str| Segment::Variable { name: name.to_owned(), filter: Filter::Auto };
        assert_eq!(
            template.segments(),
            [literal("/users/"), variable("user"), literal("/x?t="), variable("token")]
        );
        assert_eq!(template.variables().collect::<Vec<_>>(), ["user", "token"]);
        assert_eq!(Template::parse("").unwrap().segments(), []);
        assert_eq!(Template::parse(r#"{"a":{"b":1}}"#).unwrap().variables().count(), 0);
    }

    #[test]
    fn broken_braces_are_refused() {
        assert!(matches!(Template::parse("a{{b"), Err(TemplateError::Unclosed { at: 1, .. })));
        assert!(matches!(Template::parse("{{}}"), Err(TemplateError::Name { .. })));
        assert!(matches!(Template::parse("{{a b}}"), Err(TemplateError::Expression { .. })));
        assert!(matches!(Template::parse("{{a|b}}"), Err(TemplateError::Filter { .. })));
        assert!(matches!(Template::parse("{{|json}}"), Err(TemplateError::Name { .. })));
    }

    #[test]
    fn filters_stand_behind_a_bar() {
        for (text, expected) in
            [("{{a|json}}", Filter::Json), ("{{ a | url }}", Filter::Url), ("{{a|raw}}", Filter::Raw)]
        {
            let name = "a".to_owned();
            assert_eq!(
                Template::parse(text).unwrap().segments(),
                [Segment::Variable { name, filter: expected }]
            );
        }
    }

    #[test]
    fn what_is_no_name_is_an_expression() {
        let template = Template::parse("{{a + b.c|json}}{{choice('x|y', default(d, \"z\"))}}").unwrap();
        assert!(matches!(template.segments()[0], Segment::Computed { filter: Filter::Json, .. }));
        assert_eq!(template.uses(), [("a", false), ("b.c", false), ("d", true)]);
        let error = Template::parse("/x?n={{radnom_int(1, 2)}}").unwrap_err().to_string();
        let expected =
            "there is no function `radnom_int`: did you mean `random_int`? in `{{radnom_int(1, 2)}}`";
        assert_eq!(error, expected);
    }

    proptest! {
        #[test]
        fn any_text_is_split_or_refused(text in "\\PC*|[{}a ]*") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(template.source(), &text);
            }
        }
    }
}
