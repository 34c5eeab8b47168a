//! An image in the form the Engine loads: one layer, a configuration and a manifest in one tar archive
//! (the format of `docker save`). Written in one pass, so that nothing but the layer's digest is kept.

use crate::hash::HashWriter;
use crate::recipe::Recipe;
use crate::rootfs::RootFs;
use crate::tar;
use ::tar::Builder;
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use swarmlab_units::utc;

/// What an image says of itself beside its recipe.
pub(crate) struct About {
    /// Full name with tag, such as `swarmlab/envoy:local`.
    pub(crate) reference: String,
    pub(crate) labels: Vec<(String, String)>,
    /// When it was built, Unix seconds.
    pub(crate) created_s: u64,
}

const LAYER: &str = "layer.tar";
const CONFIGURATION: &str = "config.json";

/// Writes the archive of an image.
pub(crate) fn write(recipe: &Recipe, about: &About, root: &RootFs, out: &mut impl Write) -> io::Result<()> {
    let mut archive = Builder::new(out);
    // The layer is written as it is digested. Its length is one of whole blocks, so that nothing fills up the last.
    let header = tar::file_header(LAYER, tar::length_bytes(root)?)?;
    archive.get_mut().write_all(header.as_bytes())?;
    let mut layer = HashWriter::new(archive.get_mut());
    tar::write_root(root, &mut layer)?;
    let (_, digest) = layer.finish();
    let manifest = json!([{"Config": CONFIGURATION, "RepoTags": [about.reference], "Layers": [LAYER]}]);
    for (path, value) in [(CONFIGURATION, configuration(recipe, about, &digest)), ("manifest.json", manifest)]
    {
        let text = value.to_string();
        archive.append(&tar::file_header(path, text.len() as u64)?, text.as_bytes())?;
    }
    archive.finish()
}

/// The image configuration (OCI image-spec, `config.md`).
fn configuration(recipe: &Recipe, about: &About, layer_sha256: &str) -> Value {
    let created = created(about.created_s);
    let labels: Map<String, Value> =
        about.labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    json!({
        "architecture": architecture(std::env::consts::ARCH),
        "os": "linux",
        "created": created,
        "config": {
            "Entrypoint": recipe.entrypoint,
            "Cmd": recipe.command,
            "Env": recipe.environment,
            "User": recipe.user,
            "WorkingDir": "/",
            "StopSignal": recipe.stop_signal,
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{layer_sha256}")]},
        "history": [{"created": created, "created_by": "swarmlab images build"}],
    })
}

/// RFC 3339; a clock beyond the year 9999 is no clock, and its images are as old as Unix.
fn created(unix_s: u64) -> String {
    let date = i64::try_from(unix_s).ok().and_then(utc::extended);
    date.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

/// The name that container images use for a processor.
fn architecture(rust_name: &str) -> &str {
    match rust_name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{ImageName, hash, recipe};

    fn example() -> Vec<u8> {
        let mut root = RootFs::default();
        root.text("etc/hello", 0o644, "hello");
        let about = About {
            reference: "swarmlab/demo:t".to_owned(),
            labels: vec![("swarmlab.image".to_owned(), "demo".to_owned())],
            created_s: 0,
        };
        let mut archive = Vec::new();
        write(recipe::of(ImageName::Demo), &about, &root, &mut archive).unwrap();
        archive
    }

    fn unpacked() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("image.tar"), example()).unwrap();
        let mut tar = std::process::Command::new("tar");
        let status = tar.args(["--extract", "--file=image.tar"]).current_dir(folder.path()).status().unwrap();
        assert!(status.success());
        folder
    }

    #[test]
    fn the_configuration_names_the_layer_by_its_digest() {
        let folder = unpacked();
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        let config: Value = serde_json::from_slice(&read("config.json")).unwrap();
        let digest = hash::file(&folder.path().join("layer.tar")).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"], json!([format!("sha256:{digest}")]));
        assert_eq!(config["config"]["Labels"]["swarmlab.image"], "demo");
        let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["swarmlab/demo:t"]));
    }

    #[test]
    fn the_time_of_building_is_a_date_whatever_the_clock_says() {
        assert_eq!(created(1_795_233_120), "2026-11-21T03:52:00Z");
        assert_eq!([253_402_300_800, u64::MAX].map(created), ["1970-01-01T00:00:00Z"; 2]);
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        assert_eq!(example(), example());
    }
}
