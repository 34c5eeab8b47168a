//! 0xx: YAML, and reading values out of it. Told for files of every kind.

codes! { Yaml;

UNREADABLE E 000 "unreadable", exit 2: "a file was not understood, and nothing says why",
means "The file was refused, but no finding was filed for it. This should not happen: each refusal has a code of its own.",
example "swarmlab check experiment.yml",
advice "Please report it, with the file: it is a fault of swarmlab.";

UNKNOWN_KEY E 001 "unknown-key", exit 2: "a key that is not known here",
means "Nothing reads this key at this place. A key with a typing error would otherwise be left out in silence, and the run would do something else than the file seems to say.",
example r"
# stack.yml
services:
  web: { image: nginx, imgae: caddy }
",
advice "Take the key that the message suggests, or remove it. Keys that begin with `x-` are free for your own use in stack files.";

MISSING_KEY E 002 "missing-key", exit 2: "a key that must be there is missing or empty",
means "The mapping cannot be used without this key: it has no default.",
example r"
# stack.yml
services:
  web: { command: serve }
",
advice "Add the key with a value. docs/reference.md lists the keys of each file and which of them are required.";

WRONG_TYPE E 003 "wrong-type", exit 2: "a value of another type than is read here",
means "For example a text where a number is expected, or a list where a mapping is expected. YAML decides the type by how the value is written: `80` is a number, `\"80\"` a text, `yes` a text.",
example r"
# stack.yml
services:
  web: { image: nginx, deploy: { replicas: two } }
",
advice "Write the value as the caret line says. Put a number in quotes if it is meant as text, take the quotes away if it is meant as a number.";

BAD_VALUE E 004 "bad-value", exit 2: "a value of the right type that cannot be used",
means "It is out of range, has no unit, is not one of the words that are known, or contradicts another value.",
example r"
# stack.yml
services:
  web:
    image: nginx
    healthcheck: { test: curl localhost, interval: 5 }
",
advice "The message names what is accepted. Durations need a unit (`5s`), shares a percent sign (`1%`).";

SYNTAX E 010 "syntax", exit 2: "not valid YAML",
means "The text cannot be read as YAML, so nothing behind this place was looked at.",
example r"
# stack.yml
services: { web: [
",
advice "Look at the line and the one before it: an open quote or bracket, a tab in the indentation, a `: ` in a text without quotes.";

DUPLICATE_KEY E 011 "duplicate-key", exit 2: "a key is given twice in one mapping",
means "YAML forbids it, and most readers silently take the last one.",
example r"
# stack.yml
services:
  web: { image: nginx, image: caddy }
",
advice "Keep one of them. Several mappings are merged by one list: `<<: [*a, *b]`.";

UNKNOWN_ANCHOR E 012 "unknown-anchor", exit 2: "an alias of an anchor that does not stand before it",
means "`*name` repeats the value that was marked with `&name` earlier in the file. There is no such mark, or the alias stands inside the value that it repeats.",
example r"
# stack.yml
services:
  web: *defaults
",
advice "Put the anchor before the first alias, and check how it is spelt.";

BAD_MERGE E 013 "bad-merge", exit 2: "`<<` merges something that is no mapping",
means "The merge key takes over the keys of a mapping; a text or a number has none.",
example r"
# stack.yml
services:
  web: { <<: nginx, image: caddy }
",
advice "Give it a mapping, an alias of one, or a list of them.";

BAD_KEY E 014 "bad-key", exit 2: "a key that is no plain name",
means "YAML allows lists and mappings as keys. No file of swarmlab has any use for them.",
example r"
# stack.yml
services:
  ? [web, api]
  : { image: nginx }
",
advice "Write a name as the key. A text that begins with `{` or `[` needs quotes.";

UNKNOWN_TAG E 015 "unknown-tag", exit 2: "a YAML tag that means nothing here",
means "Tags (`!name`) ask the reader for a type of its own. Only the tags of YAML's core schema are understood.",
example r"
# stack.yml
services:
  web: { image: !reset nginx }
",
advice "Remove the tag.";

EMPTY_FILE E 016 "empty-file", exit 2: "a file without a value",
means "The file is empty, or holds nothing but comments and blank lines.",
example r"
# stack.yml
# services will follow
",
advice "Write at least one `key: value`, or name another file.";

SECOND_DOCUMENT E 017 "second-document", exit 2: "a second YAML document in the file",
means "A line `---` begins another document. Only one is read, so the rest would be left out in silence.",
example r"
# stack.yml
services: { web: { image: nginx } }
---
services: { api: { image: nginx } }
",
advice "Split the file, or remove the line `---`.";

TOO_LARGE E 018 "too-large", exit 2: "a file that is too large or too deep",
means "Files are refused above 4 MiB, above 100 levels, and when their aliases written out would take more than 64 MiB: a small file with aliases of aliases can fill any memory.",
example r"
# stack.yml
x-a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]
",
advice "Use fewer levels, fewer aliases of large values, or a file beside it.";
}
