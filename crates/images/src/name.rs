//! The images the stack needs.

use std::fmt;
use std::str::FromStr;

/// An image that [`crate::build`] can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageName {
    /// The swarmlab binary: the sample application in all its roles.
    Demo,
    /// The proxy before each service.
    Envoy,
    /// The database.
    Postgres,
    /// The metrics' store.
    Prometheus,
    /// CPU, memory and network of each container.
    Cadvisor,
    /// Metrics of the host.
    NodeExporter,
}

impl ImageName {
    /// Every image, in the order in which they are built.
    pub const ALL: [Self; 6] =
        [Self::Demo, Self::Envoy, Self::Postgres, Self::Prometheus, Self::Cadvisor, Self::NodeExporter];

    /// The short name, as the command line takes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Envoy => "envoy",
            Self::Postgres => "postgres",
            Self::Prometheus => "prometheus",
            Self::Cadvisor => "cadvisor",
            Self::NodeExporter => "node-exporter",
        }
    }

    /// The repository part of a locally built image's name, such as `swarmlab/envoy`.
    #[must_use]
    pub fn repository(self) -> String {
        format!("swarmlab/{}", self.as_str())
    }

    /// The variable by which a stack file takes this image's name, such as `ENVOY_IMAGE`.
    #[must_use]
    pub fn variable(self) -> &'static str {
        match self {
            Self::Demo => "DEMO_IMAGE",
            Self::Envoy => "ENVOY_IMAGE",
            Self::Postgres => "POSTGRES_IMAGE",
            Self::Prometheus => "PROMETHEUS_IMAGE",
            Self::Cadvisor => "CADVISOR_IMAGE",
            Self::NodeExporter => "NODE_EXPORTER_IMAGE",
        }
    }

    /// Does a repository (without tag) hold upstream's own image of this program?
    pub(crate) fn is_upstream(self, repository: &str) -> bool {
        let path = repository.strip_prefix("docker.io/").unwrap_or(repository);
        match self {
            Self::Demo => false,
            Self::Envoy => path.starts_with("envoyproxy/envoy"),
            Self::Postgres => matches!(path, "postgres" | "library/postgres"),
            Self::Prometheus => path.ends_with("prom/prometheus") || path.ends_with("prometheus/prometheus"),
            Self::Cadvisor => path.ends_with("/cadvisor") && path != "swarmlab/cadvisor",
            Self::NodeExporter => {
                path.ends_with("prom/node-exporter") || path.ends_with("prometheus/node-exporter")
            }
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ImageName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            format!("no image is called `{text}`; there are: {known}")
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_read_back() {
        for name in ImageName::ALL {
            assert_eq!(name.as_str().parse::<ImageName>().unwrap(), name);
        }
        assert!("nginx".parse::<ImageName>().unwrap_err().contains("node-exporter"));
    }

    #[test]
    fn upstream_images_are_told_from_our_own() {
        for name in ImageName::ALL {
            for other in ImageName::ALL {
                assert!(!name.is_upstream(&other.repository()), "{name} takes {other} for upstream's");
            }
        }
        assert!(ImageName::Envoy.is_upstream("docker.io/envoyproxy/envoy"));
        assert!(ImageName::Cadvisor.is_upstream("gcr.io/cadvisor/cadvisor"));
        assert!(ImageName::Postgres.is_upstream("postgres"));
        assert!(!ImageName::Prometheus.is_upstream("prom/node-exporter"));
    }
}
