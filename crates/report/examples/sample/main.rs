//! Draws a report of synthetic data, to look at: `cargo run -p swarmlab-report --example sample -- OUTDIR`.
//! With the path of a stored model (JSON) as second argument it draws that one instead.
//!
//! No system was measured. The series follow textbook formulas plus seeded noise; coefficients and demands
//! are then computed from these series, so the report agrees with itself as a real one must.

mod found;
mod series;
mod words;

use std::path::Path;

use swarmlab_report::render;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err("usage: sample OUTDIR [MODEL.json]".into());
    };
    let model = match std::env::args().nth(2) {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
        None => words::model(&series::Run::new(42)),
    };
    for artifact in render(&model)? {
        let path = Path::new(&folder).join(&artifact.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        println!("{:>9} B  {}", artifact.text.len(), path.display());
        std::fs::write(path, artifact.text)?;
    }
    Ok(())
}
