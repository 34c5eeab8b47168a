//! SHA-256 of files and of what passes through a writer.

use crate::ImageError;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::Path;

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

/// The digest of a file's content, in hexadecimal.
pub(crate) fn file(path: &Path) -> Result<String, ImageError> {
    let mut source = std::fs::File::open(path).map_err(ImageError::io(path))?;
    let mut sink = HashWriter::new(io::sink());
    let mut chunk = vec![0; 1 << 18];
    loop {
        let read = source.read(&mut chunk).map_err(ImageError::io(path))?;
        if read == 0 {
            return Ok(sink.finish().1);
        }
        sink.write_all(&chunk[..read]).map_err(ImageError::io(path))?;
    }
}

/// Passes bytes on and keeps their digest.
pub(crate) struct HashWriter<W> {
    inner: W,
    digest: Sha256,
}

impl<W: Write> HashWriter<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, digest: Sha256::new() }
    }

    /// The inner writer and the digest of all that passed, in hexadecimal.
    pub(crate) fn finish(self) -> (W, String) {
        (self.inner, hex(&self.digest.finalize()))
    }
}

impl<W: Write> Write for HashWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Digest of a list of texts; each is closed off, so that moving a border changes the digest.
pub(crate) fn texts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, appendix B.1

    #[test]
    fn digests_the_standard_example() {
        let mut writer = HashWriter::new(Vec::new());
        writer.write_all(b"ab").unwrap();
        writer.write_all(b"c").unwrap();
        assert_eq!(writer.finish(), (b"abc".to_vec(), ABC.to_owned()));
        let path = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(path.path(), "abc").unwrap();
        assert_eq!(file(path.path()).unwrap(), ABC);
    }

    #[test]
    fn moving_a_border_changes_the_digest() {
        assert_ne!(texts(["ab", "c"]), texts(["a", "bc"]));
        assert_eq!(texts(["ab", "c"]), texts(["ab", "c"]));
    }
}
