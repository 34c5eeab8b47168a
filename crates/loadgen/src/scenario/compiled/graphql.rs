//! GraphQL operations as the JSON that carries them.

use serde_json::Value;

use crate::scenario::GraphQl;
use crate::scenario::template::{Filter, Segment, Template, TemplateError};

/// The body: `{"query":…,"operationName":…,"variables":…}`.
///
/// # Errors
/// A string of the variables that is no template.
pub(crate) fn body(operation: &GraphQl) -> Result<Template, TemplateError> {
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

/// A JSON value whose strings are templates.
///
/// # Errors
/// A string that is no template.
pub(crate) fn json(value: &Value) -> Result<Template, TemplateError> {
    let mut text = Template::literal("");
    push(value, &mut text)?;
    Ok(text)
}

fn push(value: &Value, body: &mut Template) -> Result<(), TemplateError> {
    match value {
        Value::String(text) => {
            let whole = Template::parse(text)?;
            let is_raw = matches!(whole.segments(), [Segment::Variable { filter: Filter::Raw, .. }]);
            body.append(if is_raw { whole } else { Template::parse(&quoted(text))? });
        }
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

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
