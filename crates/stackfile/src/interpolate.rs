//! Variables in a stack file: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:?message}`,
//! `${A?message}`, `${A:+other}`, `${A+other}`, `$$`.
//!
//! They are replaced in the values of the tree, after parsing: what a variable holds can never change the
//! structure of the file. Keys and the top-level `x-` sections are left as they are (what a service takes
//! from such a section by an anchor is replaced there).

use std::ops::Range;
use swarmlab_yaml::{Cx, Diagnostic, Document, Kind, MAX_FINDINGS, Node, Span, join_path, resolve_plain};

/// How deep defaults may nest (`${A:-${B:-${C}}}`).
const MAX_NESTING: usize = 10;

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
}

impl Problem {
    fn at(&self) -> &Range<usize> {
        match self {
            Problem::Malformed { at, .. } | Problem::Required { at, .. } | Problem::Unset { at, .. } => at,
        }
    }
}

/// Replaces the variables of one text by their values from `env`, and says what is wrong with them.
pub fn interpolate_text(text: &str, env: &dyn Fn(&str) -> Option<String>) -> (String, Vec<Problem>) {
    let mut out = String::with_capacity(text.len());
    let mut problems = Vec::new();
    expand(text, 0, 0, env, &mut out, &mut problems);
    (out, problems)
}

/// Expands `text`, which stands at byte `base` of the whole.
fn expand(
    text: &str,
    base: usize,
    depth: usize,
    env: &dyn Fn(&str) -> Option<String>,
    out: &mut String,
    problems: &mut Vec<Problem>,
) {
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
        if !after.starts_with('{') {
            let len = name_len(after);
            rest = dollar + 1 + len;
            let at = base + dollar..base + rest;
            if len == 0 {
                problems.push(Problem::Malformed { at, why: "a `$` must be followed by a name".to_owned() });
            } else {
                plain(&after[..len], at, env, out, problems);
            }
            continue;
        }
        let Some(close) = closing_brace(&after[1..]) else {
            let at = base + dollar..base + text.len();
            problems.push(Problem::Malformed { at, why: "`${` is not closed by `}`".to_owned() });
            return;
        };
        let inner = &after[1..1 + close];
        rest = dollar + 2 + close + 1;
        let at = base + dollar..base + rest;
        let (name, operation) = inner.split_at(name_len(inner));
        if name.is_empty() {
            let why = format!("`{inner}` does not begin with the name of a variable");
            problems.push(Problem::Malformed { at, why });
            continue;
        }
        if operation.is_empty() {
            plain(name, at, env, out, problems);
            continue;
        }
        let (counts_empty, operation) = match operation.strip_prefix(':') {
            Some(operation) => (true, operation),
            None => (false, operation),
        };
        let value = env(name).filter(|v| !(counts_empty && v.is_empty()));
        let mut operand = operation.chars();
        let operator = operand.next();
        let operand = operand.as_str();
        let operand_base = at.end - 1 - operand.len();
        let nested = |out: &mut String, problems: &mut Vec<Problem>| {
            if depth >= MAX_NESTING {
                let why = format!("variables are nested more than {MAX_NESTING} deep");
                problems.push(Problem::Malformed { at: at.clone(), why });
            } else {
                expand(operand, operand_base, depth + 1, env, out, problems);
            }
        };
        match (operator, value) {
            (Some('-' | '?'), Some(value)) => out.push_str(&value),
            (Some('-'), None) | (Some('+'), Some(_)) => nested(out, problems),
            (Some('+'), None) => {}
            (Some('?'), None) => {
                let mut message = String::new();
                nested(&mut message, problems);
                problems.push(Problem::Required { at: at.clone(), name: name.to_owned(), message });
            }
            _ => {
                let why = format!("`{name}` must be followed by `}}`, `:-`, `-`, `:?`, `?`, `:+` or `+`");
                problems.push(Problem::Malformed { at: at.clone(), why });
            }
        }
    }
    out.push_str(&text[rest..]);
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

/// Where the `}` stands that closes the brace before `text`; variables inside defaults are skipped.
fn closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 0;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'$' if bytes.get(i + 1) == Some(&b'{') => {
                open += 1;
                i += 1;
            }
            b'}' if open == 0 => return Some(i),
            b'}' => open -= 1,
            _ => {}
        }
        i += 1;
    }
    None
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
            .error("E201-bad-variable", span, why.clone())
            .expected("${NAME}, ${NAME:-default} or $NAME")
            .help("write `$$` where a single `$` is meant"),
        Problem::Required { name, message, .. } => {
            let why = if message.is_empty() { String::new() } else { format!(": {message}") };
            cx.error("E202-required-variable", span, format!("the variable `{name}` must be set{why}"))
                .help(format!("set it in the environment: {name}=… swarmlab …"))
        }
        Problem::Unset { name, .. } => cx
            .warning(
                "W203-unset-variable",
                span,
                format!("the variable `{name}` is not set: nothing takes its place"),
            )
            .help(format!("set it, or give it a default: `${{{name}:-…}}`")),
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
            ("$A-b", "a-b"),
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
            ("${U:-${A}b}", "ab"),
            ("${U:-${V:-$A}}/$A", "a/a"),
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
        assert_eq!(problems("${U:-$V}")[..], [Problem::Unset { at: 5..7, name: "V".to_owned() }]);
        let deep = format!("{}x{}", "${U:-".repeat(40), "}".repeat(40));
        assert!(matches!(&problems(&deep)[..], [Problem::Malformed { .. }]));
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
