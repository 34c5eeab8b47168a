//! JSONPath: a path in the first line, a document in the rest.

/// Words of its language.
pub const WORDS: &[&str] = &[
    "$", "@", "..", ".a", "['b']", "[0]", "[-1]", "[1:3]", "[::-1]", "[*]", "[?", "]", "?@.a", " == ", " < ", " >= ", " && ",
    " || ", "!", "(", ")", "null", "true", "'x'", "1.5", "\n", "{\"a\":[1,{\"b\":\"x\"}]}",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::jsonpath(data);
}
