//! `swarmlab shapes show FILE`

use std::path::PathBuf;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_shapes::Shape;

use super::measures::{Measures, number, time};
use super::picture;
use crate::cli::{Global, output};
use crate::exit::Exit;

/// Arguments of `shapes show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Shape file
    file: PathBuf,
    /// Also draw it into this SVG file
    #[arg(long, value_name = "OUT.svg")]
    plot: Option<PathBuf>,
}

/// Moments whose values are shown.
const MOMENTS: u32 = 10;

/// Shows.
pub fn main(args: &ShowArgs, global: &Global) -> Exit {
    let shape = match super::read(&args.file, global) {
        Ok(shape) => shape,
        Err(exit) => return exit,
    };
    let m = Measures::of(&shape);
    let name = args.file.display().to_string();
    if let Some(path) = &args.plot {
        let written = picture::svg(&args.file, &shape, &m)
            .and_then(|svg| std::fs::write(path, svg).map_err(|e| format!("{}: {e}", path.display())));
        if let Err(e) = written {
            return output::fail(&e, None, global.json, codes::OUTPUT_FILE);
        }
    }
    let values: Vec<(f64, f64)> = (0..=MOMENTS)
        .map(|i| m.duration_s * f64::from(i) / f64::from(MOMENTS))
        // The load ends there: the level that it ends at says more than the 0 that follows.
        .map(|t_s| (t_s, if t_s < m.duration_s { shape.value_at(t_s) } else { m.last }))
        .collect();
    let value = serde_json::json!({
        "event": "shape", "file": name, "shape": shape.word(), "origin": origin(&shape),
        "duration_s": m.duration_s, "min": m.minimum, "mean": m.mean, "max": m.maximum, "area": m.area,
        "pieces": m.pieces, "plot": args.plot.as_ref().map(|p| p.display().to_string()),
        "values": values.iter().map(|(t_s, v)| serde_json::json!({"t_s": t_s, "value": v})).collect::<Vec<_>>(),
    });
    output::say(global.json, &value, text(&name, &shape, &m, &values).trim_end());
    Exit::Success
}

fn text(name: &str, shape: &Shape, m: &Measures, values: &[(f64, f64)]) -> String {
    let mut out = format!("{name}: {}, {}", shape.word(), time(m.duration_s));
    if let Some(origin) = origin(shape) {
        out.push_str(&format!("\nfrom {origin}"));
    }
    out.push_str(&format!(
        "\nlevel: min {}, mean {}, max {} (users or requests/s)\narea: {} (user-seconds or requests)\n\n{}\n",
        number(m.minimum),
        number(m.mean),
        number(m.maximum),
        number(m.area),
        picture::text(shape, m),
    ));
    let rows: Vec<Vec<String>> = values.iter().map(|(t_s, v)| vec![number(*t_s), number(*v)]).collect();
    out.push_str(&output::table(&["t (s)", "level"], &rows));
    out
}

/// Where a trace came from.
fn origin(shape: &Shape) -> Option<&str> {
    match shape {
        Shape::Trace(trace) => Some(trace.origin()),
        _ => None,
    }
}
