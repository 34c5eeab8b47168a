//! Parts: what was answered to each piece, beside the output until all are there, or in memory.
//!
//! A part is a file `000042.part` of records; each begins with a byte: 1, a series (length and JSON of its labels, number
//! of its samples, then time in milliseconds and value of each, eight bytes little-endian), or 0, the end (length and JSON
//! of the warnings). It gets its name when it is whole.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use swarmlab_catalogue::answer::{Labels, Point};

use super::PastError;
use super::plan::Plan;

const MAGIC: &[u8; 8] = b"SWLPRT1\n";
const SERIES: u8 = 1;
const END: u8 = 0;
/// More samples of a series than any disk holds.
const MOST_SAMPLES: u64 = 1 << 40;

/// The parts of one output.
#[derive(Debug)]
pub struct Parts {
    place: Place,
    count: usize,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Memory(Mutex<BTreeMap<usize, Arc<Vec<u8>>>>),
}

/// The folder of an output's parts: beside it.
pub fn folder_of(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_os_string();
    name.push(".parts");
    output.with_file_name(name)
}

impl Parts {
    /// The plan of the parts that an earlier command left.
    ///
    /// # Errors
    /// [`PastError`]: no plan can be read.
    pub fn begun(folder: &Path) -> Result<Plan, PastError> {
        let path = folder.join("plan.json");
        // Without it nobody knows what the parts are of.
        let read = fs::read(&path).map_err(|e| e.to_string());
        let plan = read.and_then(|text| serde_json::from_slice::<Plan>(&text).map_err(|e| e.to_string()));
        plan.and_then(|plan| plan.refused().map_or(Ok(plan), Err))
            .map_err(|why| PastError::Part { path, why })
    }

    /// Keeps the folder from any other command for as long as what is returned lives; makes it if it is not there.
    ///
    /// # Errors
    /// [`PastError::Busy`]: another command is at work there.
    pub fn hold(folder: &Path) -> Result<File, PastError> {
        fs::create_dir_all(folder).map_err(PastError::io("create", folder))?;
        let path = folder.join("one.lock");
        let file = File::create(&path).map_err(PastError::io("create", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(PastError::Busy { folder: folder.to_owned() }),
            Err(TryLockError::Error(e)) => Err(PastError::io("lock", &path)(e)),
        }
    }

    /// Parts in a folder, those that are there among them.
    ///
    /// # Errors
    /// [`PastError::Io`].
    pub fn in_folder(folder: &Path, plan: &Plan) -> Result<Self, PastError> {
        fs::create_dir_all(folder).map_err(PastError::io("create", folder))?;
        let path = folder.join("plan.json");
        let text = serde_json::to_vec_pretty(plan).unwrap_or_default();
        write_whole(&path, &text)?;
        Ok(Self { place: Place::Folder(folder.to_owned()), count: plan.pieces().len() })
    }

    /// Parts in memory: sixteen bytes a sample.
    pub fn in_memory(plan: &Plan) -> Self {
        Self { place: Place::Memory(Mutex::default()), count: plan.pieces().len() }
    }

    /// How many there are when all are there.
    pub fn count(&self) -> usize {
        self.count
    }

    fn path(folder: &Path, index: usize) -> PathBuf {
        folder.join(format!("{index:06}.part"))
    }

    /// Whether a part is there.
    pub fn has(&self, index: usize) -> bool {
        match &self.place {
            Place::Folder(folder) => Self::path(folder, index).exists(),
            Place::Memory(parts) => lock(parts).contains_key(&index),
        }
    }

    /// Begins a part.
    pub(super) fn begin(&self, index: usize) -> Result<PartWriter, PastError> {
        let to = match &self.place {
            Place::Memory(_) => To::Memory(Vec::new()),
            Place::Folder(folder) => {
                let path = Self::path(folder, index).with_extension("begun");
                let file = File::create(&path).map_err(PastError::io("create", &path))?;
                To::File(BufWriter::with_capacity(1 << 16, file), path)
            }
        };
        let mut part = PartWriter { to, written: 0 };
        part.write(MAGIC)?;
        Ok(part)
    }

    /// Ends a part.
    pub(super) fn end(&self, index: usize, part: PartWriter, warnings: &[String]) -> Result<(), PastError> {
        let mut part = part;
        let text = serde_json::to_vec(warnings).unwrap_or_default();
        part.write(&[END])?;
        part.write(&(text.len() as u32).to_le_bytes())?;
        part.write(&text)?;
        match (part.to, &self.place) {
            (To::File(mut out, begun), Place::Folder(folder)) => {
                out.flush()
                    .and_then(|()| out.get_ref().sync_all())
                    .map_err(PastError::io("write", &begun))?;
                let path = Self::path(folder, index);
                fs::rename(&begun, &path).map_err(PastError::io("rename", &path))
            }
            (To::Memory(bytes), Place::Memory(parts)) => {
                lock(parts).insert(index, Arc::new(bytes));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Reads a part: hands over the labels of each series as JSON, the number of its samples, and a way to have them. What
    /// is not taken is passed over. Returns the warnings.
    pub(super) fn read(
        &self,
        index: usize,
        each: &mut dyn FnMut(&str, u64, &mut Samples<'_>) -> Result<(), PastError>,
    ) -> Result<Vec<String>, PastError> {
        match &self.place {
            Place::Folder(folder) => {
                let path = Self::path(folder, index);
                let file = File::open(&path).map_err(PastError::io("read", &path))?;
                records(&mut BufReader::with_capacity(1 << 16, file), &path, each)
            }
            Place::Memory(parts) => {
                let bytes = lock(parts).get(&index).cloned().unwrap_or_default();
                let mut bytes = std::io::Cursor::new(bytes.as_slice());
                records(&mut bytes, Path::new("a part in memory"), each)
            }
        }
    }

    /// Removes the folder, with all in it that is ours.
    ///
    /// # Errors
    /// [`PastError::Io`].
    pub fn remove(folder: &Path) -> Result<(), PastError> {
        Self::take_out(folder, &["part", "begun", "json", "tmp", "lock"])?;
        match fs::remove_dir(folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(PastError::io("remove", folder)(e)),
            _ => Ok(()),
        }
    }

    /// Throws away what was fetched; whoever holds the folder still does.
    ///
    /// # Errors
    /// [`PastError::Io`].
    pub fn clear(folder: &Path) -> Result<(), PastError> {
        Self::take_out(folder, &["part", "begun", "json", "tmp"])
    }

    fn take_out(folder: &Path, endings: &[&str]) -> Result<(), PastError> {
        let list = match fs::read_dir(folder) {
            Ok(list) => list,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(PastError::io("read", folder)(e)),
        };
        for entry in list {
            let path = entry.map_err(PastError::io("read", folder))?.path();
            let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if endings.contains(&ending) {
                fs::remove_file(&path).map_err(PastError::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PastError> {
    swarmlab_record::folder::write_atomically(path, bytes).map_err(PastError::io("write", path))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What is in it is put there at once, so a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A part on its way.
pub(super) struct PartWriter {
    to: To,
    written: u64,
}

enum To {
    File(BufWriter<File>, PathBuf),
    Memory(Vec<u8>),
}

impl PartWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PastError> {
        self.written += bytes.len() as u64;
        match &mut self.to {
            To::Memory(all) => {
                all.extend_from_slice(bytes);
                Ok(())
            }
            To::File(out, path) => out.write_all(bytes).map_err(|e| PastError::io("write", path)(e)),
        }
    }

    /// Adds a series.
    pub(super) fn series(&mut self, labels: &Labels, points: &[Point]) -> Result<(), PastError> {
        let text = serde_json::to_string(labels).unwrap_or_default();
        self.write(&[SERIES])?;
        self.write(&(text.len() as u32).to_le_bytes())?;
        self.write(text.as_bytes())?;
        self.write(&(points.len() as u64).to_le_bytes())?;
        for point in points {
            self.write(&point.t_ms.to_le_bytes())?;
            self.write(&point.value.to_bits().to_le_bytes())?;
        }
        Ok(())
    }

    /// How much is written.
    pub(super) fn mark(&self) -> u64 {
        self.written
    }

    /// Takes back what was written behind a mark.
    pub(super) fn back_to(&mut self, mark: u64) -> Result<(), PastError> {
        self.written = mark;
        match &mut self.to {
            To::Memory(all) => {
                all.truncate(mark as usize);
                Ok(())
            }
            To::File(out, path) => {
                let back = |out: &mut BufWriter<File>| {
                    out.flush()?;
                    out.get_ref().set_len(mark)?;
                    out.seek(SeekFrom::Start(mark)).map(|_| ())
                };
                back(out).map_err(|e| PastError::io("write", path)(e))
            }
        }
    }
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// The samples of a series that is being read.
pub(super) struct Samples<'a> {
    input: &'a mut dyn ReadSeek,
    path: &'a Path,
    left: u64,
}

impl Samples<'_> {
    /// Appends them.
    pub(super) fn take(&mut self, into: &mut Vec<Point>) -> Result<(), PastError> {
        for _ in 0..std::mem::take(&mut self.left) {
            let [t_ms, bits] = [number(self.input, self.path)?, number(self.input, self.path)?];
            into.push(Point { t_ms: t_ms as i64, value: f64::from_bits(bits) });
        }
        Ok(())
    }
}

fn damaged(path: &Path, why: &str) -> PastError {
    PastError::Part { path: path.to_owned(), why: why.to_owned() }
}

fn exact<const N: usize>(input: &mut dyn ReadSeek, path: &Path) -> Result<[u8; N], PastError> {
    let mut bytes = [0; N];
    input.read_exact(&mut bytes).map_err(|_| damaged(path, "it ends early"))?;
    Ok(bytes)
}

fn number(input: &mut dyn ReadSeek, path: &Path) -> Result<u64, PastError> {
    exact(input, path).map(u64::from_le_bytes)
}

fn text(input: &mut dyn ReadSeek, path: &Path) -> Result<String, PastError> {
    let length = u64::from(u32::from_le_bytes(exact(input, path)?));
    let mut text = String::new();
    let read =
        input.take(length).read_to_string(&mut text).map_err(|_| damaged(path, "a text is no UTF-8"))?;
    if read as u64 != length {
        return Err(damaged(path, "it ends early"));
    }
    Ok(text)
}

fn records(
    input: &mut dyn ReadSeek,
    path: &Path,
    each: &mut dyn FnMut(&str, u64, &mut Samples<'_>) -> Result<(), PastError>,
) -> Result<Vec<String>, PastError> {
    if &exact::<8>(input, path)? != MAGIC {
        return Err(damaged(path, "it is no part of an output"));
    }
    loop {
        match exact::<1>(input, path)? {
            [SERIES] => {
                let labels = text(input, path)?;
                let count = number(input, path)?;
                // Before anybody counts or makes room for them.
                if count > MOST_SAMPLES {
                    return Err(damaged(path, "an impossible number of samples"));
                }
                let mut samples = Samples { input: &mut *input, path, left: count };
                each(&labels, count, &mut samples)?;
                let left = samples.left as i64 * 16;
                if left > 0 {
                    input.seek(SeekFrom::Current(left)).map_err(PastError::io("read", path))?;
                }
            }
            [END] => {
                let warnings = text(input, path)?;
                return serde_json::from_str(&warnings).map_err(|e| damaged(path, &e.to_string()));
            }
            [other] => return Err(damaged(path, &format!("an unknown record {other}"))),
        }
    }
}
