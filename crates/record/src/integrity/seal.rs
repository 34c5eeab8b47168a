//! Length and checksum of each raw file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Damage;
use crate::folder::RunFolder;

/// A file as it was when the run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Its length.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Seals by file name.
pub type Seals = BTreeMap<String, Seal>;

/// The raw files: what cannot be computed again. (Frame, summary and report can; the manifest holds the seals.)
const RAW: [&str; 7] = [
    "client.parquet",
    "decisions.jsonl",
    "events.jsonl",
    "histograms.hlog",
    "samples.parquet",
    "series.parquet",
    "server.parquet",
];

/// Seals the raw files that are there.
///
/// # Errors
/// What the system refuses.
pub fn seal(folder: &RunFolder) -> io::Result<Seals> {
    all(folder, &RAW)
}

/// Seals what was computed from them and is read without them.
///
/// # Errors
/// What the system refuses.
pub fn seal_computed(folder: &RunFolder) -> io::Result<Seals> {
    all(folder, &["summary.json"])
}

fn all(folder: &RunFolder, names: &[&str]) -> io::Result<Seals> {
    let mut seals = Seals::new();
    for name in names {
        if let Some(seal) = of(folder, name)? {
            seals.insert((*name).to_owned(), seal);
        }
    }
    Ok(seals)
}

/// The files that are missing or have another length than they were sealed with: a look that costs nothing, for readers of
/// many folders.
pub fn resized(folder: &RunFolder, seals: &Seals) -> Vec<Damage> {
    let look = |(name, sealed): (&String, &Seal)| {
        let now = std::fs::metadata(folder.root().join(name)).ok().map(|file| file.len());
        (now != Some(sealed.bytes)).then(|| Damage::of(name, other_length(now, sealed)))
    };
    seals.iter().filter_map(look).collect()
}

fn other_length(now: Option<u64>, sealed: &Seal) -> String {
    match now {
        None => format!("is missing; it had {} bytes when the run ended", sealed.bytes),
        Some(now) => format!("has {now} bytes; it had {} when the run ended", sealed.bytes),
    }
}

/// The files that are not as they were sealed.
///
/// # Errors
/// What the system refuses, but for files that are missing.
pub fn broken(folder: &RunFolder, seals: &Seals) -> io::Result<Vec<Damage>> {
    let mut damage = Vec::new();
    for (name, sealed) in seals {
        let what = match of(folder, name)? {
            None => other_length(None, sealed),
            Some(now) if now.bytes != sealed.bytes => other_length(Some(now.bytes), sealed),
            Some(now) if now != *sealed => {
                "was changed after the run ended: it has another checksum".to_owned()
            }
            Some(_) => continue,
        };
        damage.push(Damage::of(name, what));
    }
    Ok(damage)
}

/// None of a file that is not there.
fn of(folder: &RunFolder, name: &str) -> io::Result<Option<Seal>> {
    let mut file = match File::open(folder.root().join(name)) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let (mut hash, mut bytes, mut block) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut block)?;
        if n == 0 {
            break;
        }
        bytes += n as u64;
        hash.update(&block[..n]);
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Some(Seal { bytes, sha256 }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_was_cut_changed_or_lost_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        for name in ["client.parquet", "events.jsonl", "histograms.hlog", "report.html"] {
            write(name, "some text");
        }
        let seals = seal(&folder).unwrap();
        assert_eq!(seals.keys().collect::<Vec<_>>(), ["client.parquet", "events.jsonl", "histograms.hlog"]);
        // From sha256sum.
        assert_eq!(
            seals["events.jsonl"].sha256,
            "b94f6f125c79e3a5ffaa826f584c10d52ada669e6762051b826b55776d05aed2"
        );
        assert_eq!(broken(&folder, &seals).unwrap(), []);
        assert_eq!(resized(&folder, &seals), []);
        write("client.parquet", "some");
        write("events.jsonl", "same text");
        std::fs::remove_file(dir.path().join("histograms.hlog")).unwrap();
        let said: Vec<String> = broken(&folder, &seals).unwrap().iter().map(Damage::to_string).collect();
        assert_eq!(
            said,
            [
                "client.parquet has 4 bytes; it had 9 when the run ended",
                "events.jsonl was changed after the run ended: it has another checksum",
                "histograms.hlog is missing; it had 9 bytes when the run ended"
            ]
        );
        let told: Vec<String> = resized(&folder, &seals).iter().map(Damage::to_string).collect();
        assert_eq!(told, [said[0].clone(), said[2].clone()], "what another length tells");
    }
}
