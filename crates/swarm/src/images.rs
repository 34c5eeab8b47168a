//! The images a stack needs: there, or pulled, or an error before anything is created.

use crate::connect::Engine;
use crate::error::{MissingImage, SwarmError};
use bollard::errors::Error as ApiError;
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use swarmlab_stackfile::StackSpecs;

/// Where an image came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageSource {
    /// It was on the engine already.
    Local,
    /// It has been pulled from its registry.
    Pulled,
}

/// Sees that every image of a stack is on the engine, pulling what is missing (all at once).
///
/// `idle_s`: a pull is given up when the engine reports no progress for so long (seconds). Returns each
/// image with its source, by name; or one error with every image that is missing.
pub async fn ensure_images(
    engine: &Engine,
    specs: &StackSpecs,
    idle_s: f64,
) -> Result<BTreeMap<String, ImageSource>, SwarmError> {
    let needed = images_of(specs);
    let work = needed.iter().map(|(image, services)| async move {
        match ensure(engine, image, idle_s).await {
            Ok(source) => Ok(Ok((image.clone(), source))),
            Err(Trouble::Missing(why)) => {
                Ok(Err(MissingImage { image: image.clone(), services: services.clone(), why }))
            }
            Err(Trouble::Engine(error)) => Err(*error),
        }
    });
    let mut present = BTreeMap::new();
    let mut missing = Vec::new();
    for result in join_all(work).await {
        match result? {
            Ok((image, source)) => drop(present.insert(image, source)),
            Err(image) => missing.push(image),
        }
    }
    if missing.is_empty() { Ok(present) } else { Err(SwarmError::ImagesMissing { missing }) }
}

/// Images and the short names of the services that use them.
pub(crate) fn images_of(specs: &StackSpecs) -> BTreeMap<String, Vec<String>> {
    let mut images = BTreeMap::<String, Vec<String>>::new();
    for service in &specs.services {
        let template = service.spec.task_template.as_ref();
        let image = template.and_then(|t| t.container_spec.as_ref()).and_then(|c| c.image.clone());
        if let Some(image) = image {
            images.entry(image).or_default().push(service.short.clone());
        }
    }
    images
}

/// Whether an image is on this engine.
pub(crate) async fn is_here(engine: &Engine, image: &str) -> Result<bool, SwarmError> {
    match engine.docker().inspect_image(image).await {
        Ok(_) => Ok(true),
        Err(ApiError::DockerResponseServerError { .. }) => Ok(false),
        Err(error) => Err(engine.fail(format!("look for image {image}"), error)),
    }
}

enum Trouble {
    Missing(String),
    Engine(Box<SwarmError>),
}

async fn ensure(engine: &Engine, image: &str, idle_s: f64) -> Result<ImageSource, Trouble> {
    match engine.docker().inspect_image(image).await {
        Ok(_) => return Ok(ImageSource::Local),
        Err(ApiError::DockerResponseServerError { status_code: 404, .. }) => {}
        // An image name the engine cannot read: its words say what is wrong with it.
        Err(ApiError::DockerResponseServerError { status_code: 400, message }) => {
            return Err(Trouble::Missing(message));
        }
        Err(error) => {
            let error = engine.fail(format!("look for image {image}"), error);
            return Err(Trouble::Engine(Box::new(error)));
        }
    }
    let options = CreateImageOptions { from_image: Some(with_tag(image)), ..Default::default() };
    let mut progress = engine.docker().create_image(Some(options), None, None);
    loop {
        match tokio::time::timeout(Duration::from_secs_f64(idle_s), progress.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(info))) => {
                if let Some(why) = info.error_detail.and_then(|error| error.message) {
                    return Err(Trouble::Missing(why));
                }
            }
            Ok(Some(Err(ApiError::DockerResponseServerError { message, .. }))) => {
                return Err(Trouble::Missing(message));
            }
            Ok(Some(Err(error))) => return Err(Trouble::Missing(error.to_string())),
            Err(_) => {
                return Err(Trouble::Missing(format!("the registry gave no progress for {idle_s:.0} s")));
            }
        }
    }
    // A pull may end without an error and without the image, for instance one of another architecture.
    match engine.docker().inspect_image(image).await {
        Ok(_) => Ok(ImageSource::Pulled),
        Err(error) => Err(Trouble::Missing(format!("pulled, but the engine does not have it: {error}"))),
    }
}

/// Without a tag the engine would pull every tag there is.
fn with_tag(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or(image);
    if last.contains([':', '@']) { image.to_string() } else { format!("{image}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrys_port_is_no_tag() {
        assert_eq!(with_tag("busybox"), "busybox:latest");
        assert_eq!(with_tag("registry.example:5000/app"), "registry.example:5000/app:latest");
        assert_eq!(with_tag("registry.example:5000/app:1"), "registry.example:5000/app:1");
        assert_eq!(with_tag("app@sha256:00"), "app@sha256:00");
    }
}
