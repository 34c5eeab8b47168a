//! The run folder: everything is written at once, in the order in which it became known.

use std::io;

use swarmlab_record::Phase;
use swarmlab_record::client::{self, ClientRow};
use swarmlab_record::decisions::DecisionLog;
use swarmlab_record::events::{Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::histograms::HistogramLog;
use swarmlab_record::journal::Journal;
use swarmlab_record::manifest::{Manifest, Origin};
use swarmlab_record::samples::SampleJournal;

use crate::bus::Sink;
use crate::message::{Message, News};

/// How much the manifest may grow until a disk that is full need still take it.
const SPARE_BYTES: usize = 64 << 10;

/// Makes the folder and the manifest of a trial, by its number.
type NextFolder<'a> = Box<dyn FnMut(usize) -> io::Result<(RunFolder, Manifest)> + Send + 'a>;

/// Writes a run's folder, or one folder a trial.
pub struct FolderSink<'a> {
    files: Option<Files>,
    next: Option<NextFolder<'a>>,
}

struct Files {
    folder: RunFolder,
    manifest: Manifest,
    events: EventLog,
    client: Journal<ClientRow>,
    /// None for a load alone: there are no servers.
    server: Option<SampleJournal>,
    histograms: HistogramLog,
    /// Begun with the first line: most runs have no controllers.
    decisions: Option<DecisionLog>,
}

impl<'a> FolderSink<'a> {
    /// Opens the files of a fresh folder and writes its manifest.
    ///
    /// # Errors
    /// What the disk refuses.
    pub fn create(folder: &RunFolder, manifest: Manifest) -> io::Result<Self> {
        Ok(Self { files: Some(Files::create(folder, manifest)?), next: None })
    }

    /// Lets further trials have folders of their own.
    #[must_use]
    pub fn with_next(self, next: impl FnMut(usize) -> io::Result<(RunFolder, Manifest)> + Send + 'a) -> Self {
        Self { next: Some(Box::new(next)), ..self }
    }

    /// What the new trial has in common with the one before: the testbed is the same.
    fn next_trial(&mut self, number: usize) -> io::Result<()> {
        let Some(next) = &mut self.next else {
            return Err(io::Error::other("there is no folder for another trial"));
        };
        let (folder, mut manifest) = next(number)?;
        if let Some(before) = self.files.take() {
            manifest.target.clone_from(&before.manifest.target);
            manifest.clock_offset = before.manifest.clock_offset;
            manifest.provenance.clone_from(&before.manifest.provenance);
            before.finish()?;
        }
        self.files = Some(Files::create(&folder, manifest)?);
        Ok(())
    }
}

impl Sink for FolderSink<'_> {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        if let News::NextTrial(number) = message.news {
            return self.next_trial(number);
        }
        match &mut self.files {
            Some(files) => files.on(message),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> io::Result<()> {
        self.files.take().map_or(Ok(()), Files::finish)
    }
}

impl Files {
    fn create(folder: &RunFolder, manifest: Manifest) -> io::Result<Self> {
        manifest.write(&folder.manifest())?;
        // What is written at the end says more than this.
        let spare = std::fs::metadata(folder.manifest())?.len() as usize + SPARE_BYTES;
        std::fs::write(folder.spare(), vec![0; spare])?;
        Ok(Self {
            events: EventLog::create(&folder.events())?,
            client: Journal::create(&folder.client_journal()).map_err(io::Error::other)?,
            server: match manifest.origin {
                Origin::Run => {
                    Some(SampleJournal::create(&folder.server_journal()).map_err(io::Error::other)?)
                }
                Origin::Load | Origin::Import => None,
            },
            histograms: HistogramLog::new(&folder.histograms()),
            decisions: None,
            folder: folder.clone(),
            manifest,
        })
    }

    fn on(&mut self, message: &Message) -> io::Result<()> {
        let t_unix_s = message.t_unix_s;
        let event = match &message.news {
            News::Phase { phase, .. } => Event::Phase { t_unix_s, phase: *phase },
            News::Replicas(event) => Event::Replicas(event.clone()),
            News::Action(action) => Event::Action(action.clone()),
            News::Task(life) => Event::Task(life.clone()),
            News::Trouble(trouble) => Event::Trouble(trouble.clone()),
            News::Warning(m) => Event::Warning { t_unix_s, message: m.clone() },
            News::Step(m) | News::Log(m) => Event::Step { t_unix_s, message: m.clone() },
            News::Samples(readings) => {
                let Some(server) = &mut self.server else { return Ok(()) };
                for r in readings.iter() {
                    server.append(r, t_unix_s).map_err(io::Error::other)?;
                }
                return server.tick(t_unix_s).map_err(io::Error::other);
            }
            News::Interval { load, interval } => {
                let phase = load.part.phase();
                for row in client::rows(interval, phase) {
                    self.client.append(&row, t_unix_s).map_err(io::Error::other)?;
                }
                return if phase == Phase::Load { self.histograms.write(interval) } else { Ok(()) };
            }
            News::Controllers(line) => {
                let log = match &mut self.decisions {
                    Some(log) => log,
                    None => self.decisions.insert(DecisionLog::create(&self.folder.decisions())?),
                };
                return log.write(line);
            }
            News::CameUp { target, clock_offset, provenance } => {
                self.manifest.target = Some(target.clone());
                self.manifest.clock_offset = *clock_offset;
                self.manifest.provenance.extend(provenance.clone());
                return self.write_manifest();
            }
            News::Windows(windows) => {
                self.manifest.windows = *windows;
                return self.write_manifest();
            }
            News::Generator { inputs, answers, errors, connections, .. } => {
                for answer in answers {
                    self.events.write(&Event::Answer { t_unix_s, answer: answer.clone() })?;
                }
                for (error, message) in errors {
                    let message = message.clone();
                    self.events.write(&Event::FirstError { t_unix_s, error: *error, message })?;
                }
                if let Some((opened, retired)) = *connections {
                    self.events.write(&Event::Connections { t_unix_s, opened, retired })?;
                }
                self.manifest.generator = inputs.as_deref().copied();
                return self.write_manifest();
            }
            News::Started { .. } | News::NextTrial(_) | News::LoadStarts { .. } | News::Converged { .. } => {
                return Ok(());
            }
        };
        self.events.write(&event)
    }

    fn write_manifest(&self) -> io::Result<()> {
        self.manifest.write(&self.folder.manifest())
    }

    fn finish(self) -> io::Result<()> {
        let server = self.server.map_or(Ok(()), SampleJournal::finish);
        self.client.finish().and(server).map_err(io::Error::other)
    }
}
