//! `swarmlab weave STACK -o out.yml`

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_weave::{FOLDER, Naming, Woven};

use super::paths::{above, same_file, way};
use super::weaving::{WeaveFlags, in_words};
use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `weave`.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes a stack file with an Envoy before each chosen service and with Prometheus, cAdvisor and node-exporter, and their \
configurations into a folder beside it (`out.configs` for `out.yml`). `docker stack deploy` and `swarmlab up` take it. \
Your file is not touched. A front takes over its service's name and published ports, so callers need no change; the \
service itself is called NAME-origin there. Variables are replaced by what they hold now. `swarmlab up STACK --observe` \
does the same without a file, and leaves services their names.

Examples:
  swarmlab weave stack.yml -o out.yml
  swarmlab weave stack.yml --front gateway,api:3000 --front-protocol http2 -o out.yml
  swarmlab weave stack.yml --prometheus http://127.0.0.1:9090 -o out.yml    use the Prometheus that is there")]
pub struct WeaveArgs {
    /// Stack file (Compose v3)
    stack: PathBuf,
    #[command(flatten)]
    flags: WeaveFlags,
    /// File to write; its configurations go into a folder beside it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Weaves.
pub fn main(args: &WeaveArgs, global: &Global) -> Exit {
    if same_file(&args.stack, &args.output) {
        let why = format!("{} is the file that is read, and it is never changed", args.output.display());
        return output::fail(&why, Some("name another file: -o out.yml"), global.json, codes::BAD_ARGUMENTS);
    }
    let variables = |name: &str| std::env::var(name).ok();
    let stack = match swarmlab_experiment::read_stack(&args.stack, &variables) {
        Ok(stack) => stack,
        Err(d) => return output::bad_input(&d, global.json),
    };
    for w in &stack.warnings {
        output::warning(w, global.json);
    }
    let woven = match swarmlab_weave::weave(&stack, &args.flags.wishes(Naming::Renamed), &variables) {
        Ok(woven) => woven,
        Err(d) => return output::bad_input(&d, global.json),
    };
    for remark in &woven.remarks {
        output::warning(remark, global.json);
    }
    match write(&woven, &args.output) {
        Ok(files) => {
            say(&woven, &args.output, &files, global);
            Exit::Success
        }
        Err(e) => {
            let why = format!("{}: {e}", args.output.display());
            output::fail(&why, None, global.json, codes::OUTPUT_FILE)
        }
    }
}

/// Writes the stack file and what it names; the paths of the latter.
fn write(woven: &Woven, file: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = file.with_extension("configs");
    let beside = folder.file_name().map(PathBuf::from).unwrap_or_default();
    let place = |path: &Path| match path.strip_prefix(FOLDER) {
        Ok(name) => format!("./{}", beside.join(name).display()),
        Err(_) => way(above(file), path).display().to_string(),
    };
    let text = swarmlab_stackfile::write(&woven.stack, &place);
    let mut written = Vec::new();
    if !woven.files.is_empty() {
        std::fs::create_dir_all(&folder)?;
    }
    for (path, text) in &woven.files {
        let path = folder.join(path.strip_prefix(FOLDER).unwrap_or(path));
        std::fs::write(&path, text)?;
        written.push(path);
    }
    std::fs::write(file, text)?;
    Ok(written)
}

fn say(woven: &Woven, file: &Path, files: &[PathBuf], global: &Global) {
    let fronts: Vec<_> = woven
        .fronts
        .iter()
        .map(|f| {
            let ports: Vec<_> = f
                .ports
                .iter()
                .map(|(port, p)| serde_json::json!({"port": port, "protocol": p.name()}))
                .collect();
            serde_json::json!({"proxy": f.proxy, "service": f.service, "was": f.name, "ports": ports})
        })
        .collect();
    let shown: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let json = serde_json::json!({"event": "woven", "file": file.display().to_string(), "files": shown, "fronts": fronts});
    let mut text = format!("{}: {} services", file.display(), woven.stack.services.len());
    if woven.fronts.is_empty() {
        text.push_str("; no proxy was put before any (name one: --front NAME)");
    }
    for front in &woven.fronts {
        text.push_str(&format!("\n  {}", in_words(front)));
    }
    for file in files {
        text.push_str(&format!("\n  wrote {}", file.display()));
    }
    text.push_str(&format!(
        "\n  deploy it: swarmlab up {0}, or docker stack deploy -c {0} NAME",
        file.display()
    ));
    output::say(global.json, &json, &text);
}
