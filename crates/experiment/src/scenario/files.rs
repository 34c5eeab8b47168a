//! Files that a scenario names, relative to its own.

use std::io::Read;
use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_yaml::Value;

/// The bytes of the file that a value names. One that cannot be read or is too large is a finding.
pub(super) fn bytes(value: &Value<'_>, maximum_bytes: usize) -> Option<Vec<u8>> {
    let name = value.name()?;
    let base = Path::new(&value.cx().document().file).parent().unwrap_or(Path::new(""));
    let path = base.join(&name);
    let mut bytes = Vec::new();
    if let Err(e) = read(&path, maximum_bytes as u64 + 1, &mut bytes) {
        let finding = value
            .error(codes::MISSING_FILE, format!("{name} cannot be read: {e}"))
            .expected("a file, relative to this one")
            .help(format!("looked for {}", path.display()));
        value.cx().push(finding);
        return None;
    }
    if bytes.len() > maximum_bytes {
        let message = format!("{name} is larger than {maximum_bytes} bytes");
        value.fail(codes::FILE_TOO_LARGE, message, "a smaller file");
        return None;
    }
    Some(bytes)
}

/// Reads at most so many bytes of a file. Only of a plain one: a pipe or a terminal might never answer.
fn read(path: &Path, at_most: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    std::fs::File::open(path)?.take(at_most).read_to_end(bytes)?;
    Ok(())
}

/// The same as text.
pub(super) fn text(value: &Value<'_>, maximum_bytes: usize) -> Option<String> {
    match String::from_utf8(bytes(value, maximum_bytes)?) {
        Ok(text) => Some(text),
        Err(_) => {
            value.fail(codes::BAD_VALUE, format!("{} is not UTF-8", value.path()), "a text file");
            None
        }
    }
}
