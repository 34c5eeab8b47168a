//! Text to tree.
//!
//! The parser's events are folded into nodes by an explicit stack, never by recursion, and the result is
//! bounded in depth and size: the text may come from anybody. Findings that do not destroy the structure
//! (a repeated key, an unknown anchor, a wrong tag) are gathered; a syntax error ends the reading.

use crate::lines::LineIndex;
use crate::tree::{Document, Key, Kind, Node};
use crate::{Diagnostic, Diagnostics, Span};
use granit_parser::{Event, Parser, ScalarStyle, Span as EventSpan, StructureStyle, Tag};
use std::collections::{HashMap, HashSet};
use swarmlab_codes::{self as codes, Code};

/// Nesting beyond which a file is refused, aliases counted with what they stand for.
pub const MAX_DEPTH: usize = 100;
/// Size in bytes beyond which a text is refused.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// Size in bytes beyond which the tree, with all aliases written out, is refused ("billion laughs").
const MAX_TREE_BYTES: usize = 64 << 20;
/// Findings after which reading stops: nobody reads more, and a hostile file must not cost memory.
pub const MAX_FINDINGS: usize = 200;
/// What one node is charged on top of its text.
const NODE_BYTES: usize = 64;

/// Reads the one YAML document in `text`. `file` is its name for messages.
///
/// # Errors
/// Everything that is wrong with it as YAML, each with its place: syntax (E010), repeated keys (E011),
/// unknown anchors (E012), bad merge keys (E013), keys that are no plain values (E014), unknown tags
/// (E015), an empty file (E016), a second document (E017), excessive size or depth (E018).
pub fn load(text: &str, file: &str) -> Result<Document, Diagnostics> {
    let one = |d: Diagnostic| Err(Diagnostics::from(d));
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_TEXT_BYTES >> 20);
        return one(Diagnostic::error(codes::TOO_LARGE, file, "", Span::START, message));
    }
    let mut options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    let mut builder = Builder::new(text, file);
    for next in Parser::new_from_str_with_options(text, options) {
        let outcome = match next {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => Err(builder.syntax_error(&error).into()),
        };
        let fatal = outcome.is_err();
        builder.found.extend(outcome.err().map(|fatal| *fatal));
        if fatal || builder.found.len() >= MAX_FINDINGS {
            return Err(Diagnostics::new(builder.found));
        }
    }
    let Builder { root, found, .. } = builder;
    if !found.is_empty() {
        return Err(Diagnostics::new(found));
    }
    match root {
        Some(root) if !(root.is_null() && root.raw.is_empty()) => {
            Ok(Document { file: file.to_owned(), text: text.to_owned(), root })
        }
        _ => one(Diagnostic::error(codes::EMPTY_FILE, file, text, Span::START, "the file holds no value")
            .help("a file of comments and blank lines alone says nothing; write at least one `key: value`")),
    }
}

/// A collection whose end has not come yet.
struct Open {
    start: Span,
    flow: bool,
    anchor: usize,
    /// Height of the highest child so far.
    height: usize,
    /// Bytes charged before this collection began.
    charged_before: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, key: Option<MapKey>, seen: HashMap<String, Span>, merges: usize },
}

struct Entry {
    key: Key,
    merge: bool,
    value: Node,
}

struct MapKey {
    key: Key,
    merge: bool,
    keep: bool,
}

/// A finished anchored node, with what it costs to write it out once more.
struct Anchored {
    node: Node,
    height: usize,
    bytes: usize,
}

struct Builder<'t> {
    text: &'t str,
    file: &'t str,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    bytes: usize,
    found: Vec<Diagnostic>,
    lines: LineIndex,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str, file: &'t str) -> Self {
        Builder {
            text,
            file,
            stack: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            bytes: 0,
            found: Vec::new(),
            lines: LineIndex::new(text),
        }
    }

    fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.file, self.text, span, message)
    }

    fn event(&mut self, event: Event<'_>, at: &EventSpan) -> Result<(), Box<Diagnostic>> {
        let span = self.span(at);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self
                        .error(codes::SECOND_DOCUMENT, span, "a second document begins here")
                        .help("one file holds one document: remove the `---`")
                        .into());
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let span = self.trim(span);
                let quoted = self.scalar_quoted(style, tag.as_deref(), at);
                let merge = text == "<<" && style == ScalarStyle::Plain;
                // The parser calls an absent value `~`; only a written one is kept as such.
                let text = if span.len == 0 { String::new() } else { text.into_owned() };
                let node = Node::scalar(span, text, quoted);
                let bytes = NODE_BYTES + node.raw.len();
                self.charge(bytes, span)?;
                if anchor != 0 {
                    self.anchors.insert(anchor, Anchored { node: node.clone(), height: 1, bytes });
                }
                self.add(node, 1, merge)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                self.open(Content::List(Vec::new()), style, anchor, span)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                let content =
                    Content::Map { entries: Vec::new(), key: None, seen: HashMap::new(), merges: 0 };
                self.open(content, style, anchor, span)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            Event::Alias(id) => {
                let Some(target) = self.anchors.get(&id) else {
                    let inside = self.error(codes::UNKNOWN_ANCHOR, span, "an alias inside its own anchor");
                    return Err(inside.into());
                };
                let (height, bytes) = (target.height, target.bytes);
                // Charged before the copy is made: the copy is what must not become too large.
                self.bytes = self.bytes.saturating_add(bytes);
                self.check_budget(span)?;
                self.check_depth(height, span)?;
                let mut node = self.anchors.get(&id).map(|a| a.node.clone()).unwrap_or_else(|| null(span));
                node.span = span;
                self.add(node, height, false)?;
            }
            Event::UnresolvedAlias(name) => {
                let unknown = self
                    .error(codes::UNKNOWN_ANCHOR, span, format!("no anchor `&{name}` before this alias"))
                    .help("an anchor must stand before its aliases in the file");
                self.found.push(unknown);
                self.add(null(span), 1, false)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        content: Content,
        style: StructureStyle,
        anchor: usize,
        start: Span,
    ) -> Result<(), Box<Diagnostic>> {
        let charged_before = self.bytes;
        self.charge(NODE_BYTES, start)?;
        self.check_depth(1, start)?;
        let flow = style == StructureStyle::Flow;
        self.stack.push(Open { start, flow, anchor, height: 0, charged_before, content });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let (kind, last) = match open.content {
            Content::List(items) => {
                let last = items.last().map(|n| n.span.end());
                (Kind::Sequence(items), last)
            }
            Content::Map { entries, merges, .. } => {
                let last = entries.iter().map(|e| e.value.span.end().max(e.key.span.end())).max();
                (Kind::Mapping(self.merge(entries, merges)?), last)
            }
        };
        let to = if open.flow { end.end() } else { last.unwrap_or(end.offset) };
        let len = to.saturating_sub(open.start.offset);
        let node = Node::collection(Span { len, ..open.start }, kind);
        let height = open.height + 1;
        if open.anchor != 0 {
            let bytes = self.bytes - open.charged_before;
            self.bytes = self.bytes.saturating_add(bytes);
            self.check_budget(open.start)?;
            self.anchors.insert(open.anchor, Anchored { node: node.clone(), height, bytes });
        }
        self.add(node, height, false)
    }

    /// Puts a finished node where it belongs: the root, a list, or a mapping's key or value.
    fn add(&mut self, node: Node, height: usize, merge: bool) -> Result<(), Box<Diagnostic>> {
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.height = open.height.max(height);
        match &mut open.content {
            Content::List(items) => items.push(node),
            Content::Map { key: slot @ None, seen, merges, .. } => {
                let key = Key { name: node.raw.clone(), span: node.span };
                let usable = node.text().is_some();
                let first = seen.get(&key.name).copied();
                let keep = usable && first.is_none();
                if keep {
                    seen.insert(key.name.clone(), key.span);
                    *merges += usize::from(merge);
                }
                let (span, name) = (key.span, key.name.clone());
                *slot = Some(MapKey { key, merge, keep });
                if !usable {
                    let bad = self.error(
                        codes::BAD_KEY,
                        span,
                        format!("a key must be a name, found {}", node.kind.describe()),
                    );
                    self.found.push(bad.expected("a name"));
                } else if let Some(first) = first {
                    let again =
                        self.error(codes::DUPLICATE_KEY, span, format!("the key `{name}` is given twice"));
                    let advice = if merge {
                        "several mappings are merged by one list: `<<: [*a, *b]`".to_owned()
                    } else {
                        format!(
                            "it was given before at line {}, column {}: keep one",
                            first.line, first.column
                        )
                    };
                    self.found.push(again.help(advice));
                }
            }
            Content::Map { entries, key: slot, .. } => {
                if let Some(MapKey { key, merge, keep: true }) = slot.take() {
                    entries.push(Entry { key, merge, value: node });
                }
            }
        }
        Ok(())
    }

    /// Resolves merge keys: explicit keys win over merged ones, earlier merged mappings over later ones.
    fn merge(&mut self, entries: Vec<Entry>, merges: usize) -> Result<Vec<(Key, Node)>, Box<Diagnostic>> {
        if merges == 0 {
            return Ok(entries.into_iter().map(|e| (e.key, e.value)).collect());
        }
        let mut taken: HashSet<String> =
            entries.iter().filter(|e| !e.merge).map(|e| e.key.name.clone()).collect();
        let mut merged = Vec::with_capacity(entries.len());
        for Entry { key, merge, value } in entries {
            if !merge {
                merged.push((key, value));
                continue;
            }
            let span = value.span;
            let sources = match value.kind {
                Kind::Sequence(items) => items,
                _ => vec![value],
            };
            for source in sources {
                match source.kind {
                    Kind::Mapping(inner) => {
                        for (key, value) in inner {
                            if taken.insert(key.name.clone()) {
                                merged.push((key, value));
                            }
                        }
                    }
                    // An alias to nothing was reported where it stands.
                    Kind::Null if source.raw.is_empty() && !self.found.is_empty() => {}
                    other => {
                        let at = if source.span.len > 0 { source.span } else { span };
                        let bad = self
                            .error(
                                codes::BAD_MERGE,
                                at,
                                format!("`<<` merges mappings, found {}", other.describe()),
                            )
                            .expected("a mapping, an alias of one, or a list of them");
                        self.found.push(bad);
                    }
                }
            }
        }
        Ok(merged)
    }

    /// True if a scalar is a string whatever it looks like.
    fn scalar_quoted(&mut self, style: ScalarStyle, tag: Option<&Tag>, at: &EventSpan) -> bool {
        let Some(tag) = tag else { return style != ScalarStyle::Plain };
        match tag.core_suffix() {
            Some("str") => true,
            Some("int" | "float" | "bool" | "null") => false,
            _ if tag.original() == "!" => true,
            _ => {
                self.check_tag(Some(tag), at);
                true
            }
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, at: &EventSpan) {
        let Some(tag) = tag else { return };
        let span = self.span(&at.tag_span().unwrap_or(*at));
        if !matches!(tag.core_suffix(), Some("map" | "seq")) && tag.original() != "!" {
            let unknown = self
                .error(codes::UNKNOWN_TAG, span, format!("the tag `{}` means nothing here", tag.original()))
                .help("remove the tag");
            self.found.push(unknown);
        }
    }

    fn charge(&mut self, bytes: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.check_budget(span)
    }

    fn check_budget(&self, span: Span) -> Result<(), Box<Diagnostic>> {
        if self.bytes <= MAX_TREE_BYTES {
            return Ok(());
        }
        let message =
            format!("with its aliases written out the file is larger than {} MiB", MAX_TREE_BYTES >> 20);
        Err(self.error(codes::TOO_LARGE, span, message).help("use fewer aliases of large values").into())
    }

    fn check_depth(&self, height: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        if self.stack.len() + height <= MAX_DEPTH {
            return Ok(());
        }
        Err(self
            .error(codes::TOO_LARGE, span, format!("values are nested more than {MAX_DEPTH} deep"))
            .into())
    }

    fn syntax_error(&self, error: &granit_parser::ScanError) -> Diagnostic {
        let mark = error.marker();
        let offset = mark.byte_offset().unwrap_or_else(|| self.lines.offset(self.text, mark.index()));
        // A quote or bracket left open is noticed at the end of the file: show the last line, not nothing.
        let last = self.text.trim_end().len().saturating_sub(1);
        let span = self.lines.span(self.text, offset.min(last), 1);
        let line_start = self.text[..span.offset].rfind('\n').map_or(0, |i| i + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let indent = &line[..line.len() - line.trim_start().len()];
        let problem = self.error(codes::SYNTAX, span, format!("not valid YAML: {}", error.info()));
        if indent.contains('\t') {
            return problem.help("a tab stands in the indentation: indent with spaces");
        }
        problem
    }

    fn span(&self, at: &EventSpan) -> Span {
        let (offset, len) = match at.byte_range() {
            Some(range) => (range.start, range.len()),
            None => (self.lines.offset(self.text, at.start.index()), 0),
        };
        self.lines.span(self.text, offset, len)
    }

    /// Block scalars reach up to the next token: leaves out the white space at their end.
    fn trim(&self, span: Span) -> Span {
        let len = span.slice(self.text).map_or(span.len, |s| s.trim_end().len());
        Span { len, ..span }
    }
}

fn null(span: Span) -> Node {
    Node::scalar(span, "", false)
}
