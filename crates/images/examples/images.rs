//! `images build|list SOCKET [BINARY]`: the library by hand.

use bollard::{API_DEFAULT_VERSION, Docker};
use std::path::PathBuf;
use swarmlab_images::{BuildRequest, ImageError, build, default_cache_dir, list, stack_variables};

#[tokio::main]
async fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["build", socket, binary, which @ ..] => run_build(socket, binary, which).await,
        ["list", socket] => run_list(socket).await,
        _ => {
            eprintln!("images build SOCKET BINARY [IMAGE...] | images list SOCKET");
            std::process::exit(2);
        }
    };
    if let Err(error) = outcome {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn connect(socket: &str) -> Result<Docker, ImageError> {
    Docker::connect_with_unix(socket, 120, API_DEFAULT_VERSION)
        .map_err(|source| ImageError::Engine { action: format!("be reached at {socket}"), source })
}

async fn run_build(socket: &str, binary: &str, which: &[&str]) -> Result<(), ImageError> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache_dir = default_cache_dir(variable("XDG_CACHE_HOME"), variable("HOME"));
    let mut request = BuildRequest::all(PathBuf::from(binary), cache_dir);
    if !which.is_empty() {
        request.which = which.iter().filter_map(|name| name.parse().ok()).collect();
    }
    request.refresh = variable("REFRESH").is_some();
    for image in build(&connect(socket)?, request, &mut |step| eprintln!("  {step:?}")).await? {
        let megabytes = image.bytes as f64 / 1e6;
        println!("{}:{} {megabytes:.1} MB in {:.1} s", image.repository, image.tag, image.seconds);
    }
    Ok(())
}

async fn run_list(socket: &str) -> Result<(), ImageError> {
    let images = list(&connect(socket)?).await?;
    for image in &images {
        println!(
            "{}:{} {} bytes, created {}, {:?}",
            image.repository, image.tag, image.bytes, image.created_s, image.origin
        );
    }
    for (variable, value) in stack_variables(&images, swarmlab_images::DEFAULT_TAG) {
        println!("{variable}={value}");
    }
    Ok(())
}
