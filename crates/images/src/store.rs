//! Images in the Engine: looking one up, handing one in.

use crate::archive::{self, About};
use crate::recipe::Recipe;
use crate::rootfs::RootFs;
use crate::{ImageError, ImageName};
use bollard::Docker;
use bollard::errors::Error;
use bollard::models::ImageInspect;
use bollard::query_parameters::{ImportImageOptions, RemoveImageOptions};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use std::io;
use tokio::sync::mpsc;

/// The label that says which image this is.
pub(crate) const LABEL_IMAGE: &str = "swarmlab.image";
/// The label with the digest of everything the image was made from.
pub(crate) const LABEL_CONTENT: &str = "swarmlab.content";
/// The label with the packages it was made from: `name=version` each, blanks between.
pub(crate) const LABEL_SOURCE: &str = "swarmlab.source";

/// An image by its name, if the Engine has it.
pub(crate) async fn find(docker: &Docker, reference: &str) -> Result<Option<ImageInspect>, ImageError> {
    match docker.inspect_image(reference).await {
        Ok(image) => Ok(Some(image)),
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
        Err(source) => Err(ImageError::engine(format!("look up the image {reference}"))(source)),
    }
}

/// Content digest in an image's labels.
pub(crate) fn content(image: &ImageInspect) -> Option<&str> {
    image.config.as_ref()?.labels.as_ref()?.get(LABEL_CONTENT).map(String::as_str)
}

/// Hands an image to the Engine while it is being written; no copy is made on disk.
pub(crate) async fn load(
    docker: &Docker,
    name: ImageName,
    about: About,
    root: RootFs,
) -> Result<(), ImageError> {
    let recipe: &'static Recipe = crate::recipe::of(name);
    let action = format!("load the image {}", about.reference);
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(8);
    let writer = tokio::task::spawn_blocking(move || {
        let mut out = Chunks { sender, pending: Vec::with_capacity(CHUNK_BYTES) };
        let written =
            archive::write(recipe, &about, &root, &mut out).and_then(|()| io::Write::flush(&mut out));
        if let Err(error) = written {
            // The Engine must not take half an image for a whole one: the upload ends with an error.
            let copy = io::Error::new(error.kind(), error.to_string());
            let _ = out.sender.blocking_send(Err(copy));
            return Err(error);
        }
        Ok(())
    });
    let body = bollard::body_try_stream(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    }));
    let options = ImportImageOptions { quiet: true, ..Default::default() };
    let mut answers = Box::pin(docker.import_image(options, body, None));
    let mut refusal = None;
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(info) => {
                let message = info.error_detail.and_then(|detail| detail.message);
                refusal = refusal.or(message.map(|message| Error::DockerStreamError { error: message }));
            }
            Err(error) => refusal = refusal.or(Some(error)),
        }
    }
    drop(answers); // so that a writer whose reader is gone ends
    if let Ok(Err(error)) = writer.await
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(ImageError::Io { path: action.into(), source: error });
    }
    refusal.map_or(Ok(()), |error| Err(ImageError::engine(action)(error)))
}

/// Removes an image that lost its name to a newer one, unless something still uses it.
pub(crate) async fn remove_replaced(docker: &Docker, id: &str) {
    let options = RemoveImageOptions { force: false, noprune: false, ..Default::default() };
    // A conflict means that a container still runs from it: it is then left, as `docker build` does.
    let _ = docker.remove_image(id, Some(options), None).await;
}

const CHUNK_BYTES: usize = 1 << 18;

/// A writer whose bytes go to the Engine's connection.
struct Chunks {
    sender: mpsc::Sender<io::Result<Bytes>>,
    pending: Vec<u8>,
}

impl Chunks {
    fn send(&mut self) -> io::Result<()> {
        let chunk = Bytes::from(std::mem::replace(&mut self.pending, Vec::with_capacity(CHUNK_BYTES)));
        self.sender.blocking_send(Ok(chunk)).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl io::Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() { Ok(()) } else { self.send() }
    }
}
