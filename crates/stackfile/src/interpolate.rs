//! Variables in a stack file: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:?message}`,
//! `${A?message}`, `$$`, and as an addition of this project `${A:+other}`, `${A+other}`.
//!
//! They are replaced in the values of the tree, after parsing: what a variable holds can never change the
//! structure of the file. Keys and the top-level `x-` sections are left as they are (what a service takes
//! from such a section by an anchor is replaced there).
//!
//! As the docker command line does it (`cli/compose/template`): a default ends at the first `}` and is taken
//! as it stands, so that a hashed password (`${P:-$apr1$x$y}`) needs no escapes; and a name without braces
//! takes what follows a `-`, `:-`, `?` or `:?` for its operand, up to the next `}` or the end (`$A-b` is the
//! value of `A`, not followed by `-b`). Both are warned of where they are likely to surprise. One slip of it is
//! not followed: a `-` within the message of a required variable makes that message a default.

use std::ops::Range;
use swarmlab_codes as codes;
use swarmlab_yaml::{Cx, Diagnostic, Document, Kind, MAX_FINDINGS, Node, Span, join_path, resolve_plain};

/// What is wrong with a text, and where in it (in bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A `$` that begins no variable.
    Malformed {
        /// Where it stands.
        at: Range<usize>,
        /// What is wrong.
        why: String,
    },
    /// A variable that must have a value has none.
    Required {
        /// Where it stands.
        at: Range<usize>,
        /// Name of the variable.
        name: String,
        /// The author's message; may be empty.
        message: String,
    },
    /// A variable without a default is not set and was replaced by nothing: a warning.
    Unset {
        /// Where it stands.
        at: Range<usize>,
        /// Name of the variable.
        name: String,
    },
    /// A default that holds a variable, which is not replaced: a warning.
    LiteralDefault {
        /// Where the whole stands.
        at: Range<usize>,
    },
    /// A name without braces that takes the text after it for its default: a warning.
    BareOperand {
        /// Where it stands, operand included.
        at: Range<usize>,
        /// Name of the variable.
        name: String,
    },
}

impl Problem {
    fn at(&self) -> &Range<usize> {
        match self {
            Problem::Malformed { at, .. }
            | Problem::Required { at, .. }
            | Problem::Unset { at, .. }
            | Problem::LiteralDefault { at }
            | Problem::BareOperand { at, .. } => at,
        }
    }
}

/// Replaces the variables of one text by their values from `env`, and says what is wrong with them.
pub fn interpolate_text(text: &str, env: &dyn Fn(&str) -> Option<String>) -> (String, Vec<Problem>) {
    let mut out = String::with_capacity(text.len());
    let mut problems = Vec::new();
    let mut rest = 0;
    while let Some(found) = text[rest..].find('$') {
        let dollar = rest + found;
        out.push_str(&text[rest..dollar]);
        let after = &text[dollar + 1..];
        if after.starts_with('$') {
            out.push('$');
            rest = dollar + 2;
            continue;
        }
        let braced = after.starts_with('{');
        let inner = if braced { &after[1..] } else { after };
        let name = &inner[..name_len(inner)];
        let operand = Operand::read(&inner[name.len()..], braced);
        let end = dollar + 1 + usize::from(braced) + name.len() + operand.as_ref().map_or(0, |o| o.len);
        let closed = text[end..].starts_with('}');
        rest = if braced && closed { end + 1 } else { end };
        let at = dollar..rest;
        if name.is_empty() || (braced && !closed) {
            rest = malformed(text, dollar, braced, name, &mut problems);
            continue;
        }
        let Some(operand) = operand else {
            plain(name, at, env, &mut out, &mut problems);
            continue;
        };
        if !braced {
            problems.push(Problem::BareOperand { at: at.clone(), name: name.to_owned() });
        }
        let value = env(name).filter(|v| !(operand.counts_empty && v.is_empty()));
        match (operand.operator, value) {
            ('-' | '?', Some(value)) => out.push_str(&value),
            ('-', None) | ('+', Some(_)) => {
                if operand.text.contains("${") {
                    problems.push(Problem::LiteralDefault { at });
                }
                out.push_str(operand.text);
            }
            ('?', None) => {
                let (name, message) = (name.to_owned(), operand.text.to_owned());
                problems.push(Problem::Required { at, name, message });
            }
            _ => {}
        }
    }
    out.push_str(&text[rest..]);
    (out, problems)
}

/// What follows a variable's name: `:-default`, `-default`, `:?message`, `?message`, `:+other`, `+other`.
struct Operand<'t> {
    counts_empty: bool,
    operator: char,
    text: &'t str,
    /// Of the whole, in bytes.
    len: usize,
}

impl<'t> Operand<'t> {
    /// Without braces there is no `+`: the docker command line does not know it, and there it is mere text.
    fn read(after_name: &'t str, braced: bool) -> Option<Operand<'t>> {
        let rest = after_name.strip_prefix(':').unwrap_or(after_name);
        let operator = rest.chars().next().filter(|c| matches!(c, '-' | '?') || (braced && *c == '+'))?;
        let text = &rest[1..];
        let text = &text[..text.find('}').unwrap_or(text.len())];
        let counts_empty = rest.len() < after_name.len();
        Some(Operand { counts_empty, operator, text, len: usize::from(counts_empty) + 1 + text.len() })
    }
}

/// Files what is wrong with what the `$` at `dollar` begins; returns where the text goes on.
fn malformed(text: &str, dollar: usize, braced: bool, name: &str, problems: &mut Vec<Problem>) -> usize {
    let after = &text[dollar + 1..];
    if !braced {
        let end = dollar + 1 + name.len();
        problems
            .push(Problem::Malformed { at: dollar..end, why: "a `$` must be followed by a name".to_owned() });
        return end;
    }
    let Some(close) = after.find('}') else {
        problems
            .push(Problem::Malformed { at: dollar..text.len(), why: "`${` is not closed by `}`".to_owned() });
        return text.len();
    };
    let why = if name.is_empty() {
        format!("`{}` does not begin with the name of a variable", &after[1..close])
    } else {
        format!("`{name}` must be followed by `}}`, `:-`, `-`, `:?`, `?`, `:+` or `+`")
    };
    let end = dollar + 1 + close + 1;
    problems.push(Problem::Malformed { at: dollar..end, why });
    end
}

fn plain(
    name: &str,
    at: Range<usize>,
    env: &dyn Fn(&str) -> Option<String>,
    out: &mut String,
    problems: &mut Vec<Problem>,
) {
    match env(name) {
        Some(value) => out.push_str(&value),
        None => problems.push(Problem::Unset { at, name: name.to_owned() }),
    }
}

/// Length of the variable's name at the start of `text`.
fn name_len(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// Replaces the variables in all values of a document.
pub(crate) fn interpolate(document: &mut Document, env: &dyn Fn(&str) -> Option<String>) -> Vec<Diagnostic> {
    let mut root = std::mem::replace(&mut document.root, Node::scalar(Span::START, "", false));
    let cx = Cx::new(document);
    let mut found = Vec::new();
    if let Kind::Mapping(entries) = &mut root.kind {
        for (key, value) in entries.iter_mut().filter(|(key, _)| !key.name.starts_with("x-")) {
            walk(value, &cx, &key.name, env, &mut found);
        }
    }
    drop(cx);
    document.root = root;
    found
}

fn walk(
    node: &mut Node,
    cx: &Cx<'_>,
    path: &str,
    env: &dyn Fn(&str) -> Option<String>,
    found: &mut Vec<Diagnostic>,
) {
    match &mut node.kind {
        Kind::Sequence(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                walk(item, cx, &format!("{path}[{i}]"), env, found);
            }
        }
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                walk(value, cx, &join_path(path, &key.name), env, found);
            }
        }
        Kind::String(_) if node.raw.contains('$') => {
            let (text, problems) = interpolate_text(&node.raw, env);
            let room = MAX_FINDINGS.saturating_sub(found.len());
            found.extend(problems.iter().take(room).map(|p| diagnostic(p, node, cx).at(path)));
            // What a variable brought in is a number or a boolean where it looks like one (`replicas:
            // ${N}`), but an empty value is an empty text and not a missing one.
            node.kind = match resolve_plain(&text) {
                Kind::Null => Kind::String(text.clone()),
                // The docker command line takes these from a variable, though not from the file itself.
                Kind::String(_) => match text.to_ascii_lowercase().as_str() {
                    "y" | "yes" | "on" => Kind::Bool(true),
                    "n" | "no" | "off" => Kind::Bool(false),
                    _ => Kind::String(text.clone()),
                },
                kind => kind,
            };
            node.raw = text;
        }
        _ => {}
    }
}

fn diagnostic(problem: &Problem, node: &Node, cx: &Cx<'_>) -> Diagnostic {
    let span = place(problem.at(), node, &cx.document().text);
    match problem {
        Problem::Malformed { why, .. } => cx
            .error(codes::BAD_VARIABLE, span, why.clone())
            .expected("${NAME}, ${NAME:-default} or $NAME")
            .help("write `$$` where a single `$` is meant"),
        Problem::Required { name, message, .. } => {
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            cx.error(codes::REQUIRED_VARIABLE, span, format!("the variable `{name}` must be set{why}"))
                .help(format!("set it in the environment: {name}=… swarmlab …"))
        }
        Problem::Unset { name, .. } => cx
            .warning(
                codes::UNSET_VARIABLE,
                span,
                format!("the variable `{name}` is not set: nothing takes its place"),
            )
            .help(format!("set it, or give it a default: `${{{name}:-…}}`")),
        Problem::LiteralDefault { .. } => cx
            .warning(codes::LITERAL_DEFAULT, span, "a variable within a default is not replaced")
            .help("a default ends at the first `}` and is taken as it stands"),
        Problem::BareOperand { name, .. } => cx
            .warning(codes::BARE_DEFAULT, span, format!("what follows `${name}` is taken for its default"))
            .help(format!("write `${{{name}}}` and then the text that is to follow the value")),
    }
}

/// Where a part of a scalar's text stands in the file: the `n`-th `$` of the text is the `n`-th `$` of
/// the source, unless the source was written with escapes or as an alias; then it is the whole scalar.
fn place(at: &Range<usize>, node: &Node, text: &str) -> Span {
    let Some(source) = node.span.slice(text) else { return node.span };
    let count = |s: &str| s.matches('$').count();
    let before = count(node.raw.get(..at.start).unwrap_or_default());
    if count(source) != count(&node.raw) {
        return node.span;
    }
    let Some((offset, _)) = source.match_indices('$').nth(before) else { return node.span };
    let same = node.raw.get(at.clone()).filter(|part| source[offset..].starts_with(part));
    Span::locate(text, node.span.offset + offset, same.map_or(1, str::len))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "A" => Some("a".to_owned()),
            "E" => Some(String::new()),
            "D" => Some("$A".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn every_form_is_replaced() {
        for (text, want) in [
            ("x", "x"),
            ("$A", "a"),
            ("${A}", "a"),
            ("$$A", "$A"),
            ("$$$A", "$a"),
            ("${A:-d}", "a"),
            ("${E:-d}", "d"),
            ("${E-d}", ""),
            ("${U:-d}", "d"),
            ("${U-d}", "d"),
            ("${A:?m}", "a"),
            ("${E?m}", ""),
            ("${A:+x}", "x"),
            ("${E:+x}", ""),
            ("${E+x}", "x"),
            ("${U+x}", ""),
            ("${U:-a:b/c}", "a:b/c"),
            ("${U:-$apr1$x$y}", "$apr1$x$y"),
            ("${U:-$$x}", "$$x"),
            ("${U:-a}b}", "ab}"),
            ("${A}}", "a}"),
            ("${U:-{{.x}}}", "{{.x}}"),
            ("${A:+$$x}", "$$x"),
            ("$A+b", "a+b"),
            ("$A.x", "a.x"),
            ("${U:-}", ""),
            ("$D", "$A"),
            ("é$A é", "éa é"),
        ] {
            assert_eq!(interpolate_text(text, &env), (want.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn problems_know_their_place() {
        let problems = |text: &str| interpolate_text(text, &env).1;
        assert!(matches!(&problems("ab $")[..], [Problem::Malformed { at, .. }] if *at == (3..4)));
        assert!(matches!(&problems("${A")[..], [Problem::Malformed { at, .. }] if *at == (0..3)));
        assert!(matches!(&problems("${}")[..], [Problem::Malformed { .. }]));
        assert!(matches!(&problems("${A!b}")[..], [Problem::Malformed { .. }]));
        assert!(matches!(&problems("$1")[..], [Problem::Malformed { .. }]));
        let required = |at, name: &str, message: &str| Problem::Required {
            at,
            name: name.to_owned(),
            message: message.to_owned(),
        };
        assert_eq!(problems("x ${U:?set} $A"), [required(2..11, "U", "set")]);
        assert_eq!(problems("${E:?}"), [required(0..6, "E", "")]);
        assert_eq!(problems("${U:-$V}"), []);
        assert_eq!(
            problems("$U:?set"),
            [Problem::BareOperand { at: 0..7, name: "U".to_owned() }, required(0..7, "U", "set"),]
        );
    }

    /// Taken from what `docker stack config` (28.2) makes of the same texts.
    #[test]
    fn what_surprises_is_done_as_docker_does_it_and_warned_of() {
        let done = |text: &str| interpolate_text(text, &env);
        let literal = |at| Problem::LiteralDefault { at };
        let bare = |at, name: &str| Problem::BareOperand { at, name: name.to_owned() };
        for (text, want, problem) in [
            ("${U:-${V:-c}}", "${V:-c}", literal(0..12)),
            ("${U:-${V}}", "${V}", literal(0..9)),
            ("${U:-${A}b}/z", "${Ab}/z", literal(0..9)),
            ("$A-b", "a", bare(0..4, "A")),
            ("$A:-b", "a", bare(0..5, "A")),
            ("$U-$A x", "$A x", bare(0..7, "U")),
            ("$A?x", "a", bare(0..4, "A")),
        ] {
            assert_eq!(done(text), (want.to_owned(), vec![problem]), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_places_lie_in_it(text in "[A-C$ {}:?+é-]{0,30}") {
            let (_, problems) = interpolate_text(&text, &env);
            for problem in problems {
                prop_assert!(text.get(problem.at().clone()).is_some());
            }
        }

        #[test]
        fn doubled_dollars_come_back(text in "(?s).{0,30}") {
            let (out, problems) = interpolate_text(&text.replace('$', "$$"), &env);
            prop_assert_eq!(out, text);
            prop_assert!(problems.is_empty());
        }
    }
}
