//! Parts that are woven in: small stack files of our own, read as every other.

use crate::{FOLDER, Variables};
use std::io;
use std::path::{Path, PathBuf};
use swarmlab_stackfile::Stack;
use swarmlab_yaml::Diagnostics;

/// Where the text of a woven config stands.
pub(crate) fn file_of(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Reads a part; `fill` replaces `@WORDS@`, `config` is the content of the one file it names.
///
/// # Errors
/// What a variable makes wrong of it: `ENVOY_CONCURRENCY` and the like come from outside.
pub(crate) fn read(
    text: &str,
    fill: &[(&str, &str)],
    config: &str,
    variables: &Variables<'_>,
) -> Result<Stack, Diagnostics> {
    let filled = fill.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value));
    let file = |_: &Path| -> io::Result<Vec<u8>> { Ok(config.as_bytes().to_vec()) };
    let stack = swarmlab_stackfile::load(&filled, Path::new("woven by swarmlab"), variables, &file)?;
    let files: Vec<Option<PathBuf>> = stack.configs.iter().map(|config| config.file.clone()).collect();
    // Places in this text mean nothing in the user's.
    let mut stack = stack.unplaced();
    for (config, file) in stack.configs.iter_mut().zip(files) {
        config.file = file;
    }
    Ok(stack)
}
