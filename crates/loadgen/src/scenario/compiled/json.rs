//! JSON bodies whose strings are templates, and GraphQL operations as the JSON that carries them.

use serde_json::Value;

use crate::scenario::GraphQl;
use crate::scenario::template::{Filter, Segment, Template, TemplateError};

/// The text of a JSON value, without blanks.
///
/// # Errors
/// A string that is no template.
pub(crate) fn body(value: &Value) -> Result<Template, TemplateError> {
    let mut body = Template::literal("");
    push(value, &mut body)?;
    Ok(body)
}

/// The body of a GraphQL request: `{"query":…,"operationName":…,"variables":…}`.
///
/// # Errors
/// A string of the variables that is no template.
pub(crate) fn graphql(operation: &GraphQl) -> Result<Template, TemplateError> {
    let mut start = format!("{{\"query\":{}", quoted(&operation.query));
    if let Some(name) = &operation.operation {
        start += &format!(",\"operationName\":{}", quoted(name));
    }
    let mut body = Template::literal(&start);
    if let Some(variables) = &operation.variables {
        body.append(Template::literal(",\"variables\":"));
        push(variables, &mut body)?;
    }
    body.append(Template::literal("}"));
    Ok(body)
}

fn push(value: &Value, body: &mut Template) -> Result<(), TemplateError> {
    match value {
        Value::String(text) => push_string(Template::parse(text)?, body),
        Value::Array(items) => {
            body.append(Template::literal("["));
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    body.append(Template::literal(","));
                }
                push(item, body)?;
            }
            body.append(Template::literal("]"));
        }
        Value::Object(entries) => {
            for (index, (key, item)) in entries.iter().enumerate() {
                let comma = if index == 0 { "{" } else { "," };
                body.append(Template::literal(&format!("{comma}{}:", quoted(key))));
                push(item, body)?;
            }
            body.append(Template::literal(if entries.is_empty() { "{}" } else { "}" }));
        }
        other => body.append(Template::literal(&other.to_string())),
    }
    Ok(())
}

/// A string; one that is nothing but a value written `raw` has no quotes.
fn push_string(text: Template, body: &mut Template) {
    let is_raw = |segment: &Segment| {
        matches!(
            segment,
            Segment::Variable { filter: Filter::Raw, .. } | Segment::Computed { filter: Filter::Raw, .. }
        )
    };
    if let [only] = text.segments()
        && is_raw(only)
    {
        return body.append(text);
    }
    body.append(Template::literal("\""));
    body.append(text.map_literals(|literal| {
        let quoted = quoted(literal);
        quoted[1..quoted.len() - 1].to_owned()
    }));
    body.append(Template::literal("\""));
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
