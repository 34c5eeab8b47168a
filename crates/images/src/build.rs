//! Building images: fetch what is missing, skip what is unchanged, put together and load the rest.

use crate::apt::Apt;
use crate::assemble::{Bench, about, assemble};
use crate::cache::Cache;
use crate::{DEFAULT_TAG, ImageError, ImageName, Progress, recipe, store};
use bollard::Docker;
use std::path::PathBuf;
use std::time::Instant;
use tokio::sync::mpsc;

/// What to build and from what.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// The images, in this order.
    pub which: Vec<ImageName>,
    /// The swarmlab binary, for the demo image.
    pub binary: PathBuf,
    /// Where downloads are kept; see [`default_cache_dir`].
    pub cache_dir: PathBuf,
    /// The images' tag, such as [`DEFAULT_TAG`].
    pub tag: String,
    /// A Debian mirror to use instead of the machine's own.
    pub mirror: Option<String>,
    /// Ask for newer versions of packages that are cached already.
    pub refresh: bool,
}

impl BuildRequest {
    /// All images, with the default tag, from the machine's own mirror.
    #[must_use]
    pub fn all(binary: PathBuf, cache_dir: PathBuf) -> Self {
        let which = ImageName::ALL.to_vec();
        Self { which, binary, cache_dir, tag: DEFAULT_TAG.to_owned(), mirror: None, refresh: false }
    }
}

/// An image that is now in the Engine.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltImage {
    /// Which of the project's images it is.
    pub name: ImageName,
    /// Repository, such as `swarmlab/envoy`.
    pub repository: String,
    /// Tag, such as `local`.
    pub tag: String,
    /// Size of its files as the Engine tells it.
    pub bytes: u64,
    /// Packages it was made from, with their versions.
    pub sources: Vec<(String, String)>,
    /// It was there already, made from the same inputs.
    pub unchanged: bool,
    /// Time it took, downloads included.
    pub seconds: f64,
}

/// Builds images and loads them into an Engine; calls `progress` at each step.
///
/// Downloads are kept in the request's cache folder; nothing is downloaded that is there already, and
/// an image whose label names the same inputs is left alone. Waits while another build uses the folder.
///
/// # Errors
/// See [`ImageError`]; images before the one that failed are in the Engine.
pub async fn build(
    docker: &Docker,
    request: BuildRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<BuiltImage>, ImageError> {
    let cache_dir = request.cache_dir.clone();
    let cache = blocking(progress, move |_| Cache::open(&cache_dir)).await?;
    let apt = Apt::new(request.mirror.clone(), request.refresh);
    let mut bench = Bench { cache, apt, binary: request.binary.clone() };
    let mut built = Vec::new();
    for name in &request.which {
        let started = Instant::now();
        let recipe = recipe::of(*name);
        let (returned, inputs) = {
            let mut bench = bench;
            blocking(progress, move |tell| {
                let inputs = bench.fetch(recipe, tell)?;
                Ok((bench, inputs))
            })
            .await?
        };
        bench = returned;
        let reference = format!("{}:{}", name.repository(), request.tag);
        let before = store::find(docker, &reference).await?;
        let unchanged = before.as_ref().and_then(store::content) == Some(inputs.digest.as_str());
        if !unchanged {
            progress(Progress::Assembling { image: *name });
            let sources = inputs.sources.clone();
            let work = bench.cache.work()?;
            let about = about(recipe, reference.clone(), &inputs);
            let assembled = blocking(progress, move |_| assemble(recipe, &inputs, work)).await?;
            progress(Progress::Loading { image: *name, bytes: assembled.bytes });
            store::load(docker, *name, about, assembled.root).await?;
            if let Some(old) = before.and_then(|image| image.id) {
                store::remove_replaced(docker, &old).await;
            }
            built.push(finished(docker, *name, &request.tag, sources, false, started).await?);
        } else {
            built.push(finished(docker, *name, &request.tag, inputs.sources, true, started).await?);
        }
        if let Some(BuiltImage { seconds, .. }) = built.last() {
            progress(Progress::Finished { image: *name, unchanged, seconds: *seconds });
        }
    }
    Ok(built)
}

async fn finished(
    docker: &Docker,
    name: ImageName,
    tag: &str,
    sources: Vec<(String, String)>,
    unchanged: bool,
    started: Instant,
) -> Result<BuiltImage, ImageError> {
    let reference = format!("{}:{tag}", name.repository());
    let image = store::find(docker, &reference).await?;
    let bytes =
        image.and_then(|image| image.size).and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    let seconds = started.elapsed().as_secs_f64();
    Ok(BuiltImage {
        name,
        repository: name.repository(),
        tag: tag.to_owned(),
        bytes,
        sources,
        unchanged,
        seconds,
    })
}

/// `~/.cache/swarmlab`, or below `XDG_CACHE_HOME`; given the environment's two variables.
#[must_use]
pub fn default_cache_dir(xdg_cache_home: Option<PathBuf>, home: Option<PathBuf>) -> PathBuf {
    let absolute = xdg_cache_home.filter(|path| path.is_absolute());
    let base = absolute.or_else(|| home.map(|home| home.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("swarmlab")
}

/// Runs a step that blocks on another thread, and passes on what it tells.
async fn blocking<T: Send + 'static>(
    progress: &mut dyn FnMut(Progress),
    step: impl FnOnce(&dyn Fn(Progress)) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let thread = tokio::task::spawn_blocking(move || {
        step(&|news| {
            let _ = sender.send(news); // nobody listens any more: the build was dropped
        })
    });
    while let Some(news) = receiver.recv().await {
        progress(news);
    }
    match thread.await {
        Ok(result) => result,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_environment_says() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(default_cache_dir(path("/x"), path("/home/u")), PathBuf::from("/x/swarmlab"));
        assert_eq!(
            default_cache_dir(path("relative"), path("/home/u")),
            PathBuf::from("/home/u/.cache/swarmlab")
        );
        assert_eq!(default_cache_dir(None, None), std::env::temp_dir().join("swarmlab"));
    }
}
