//! Campaigns' folders, compared.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::Lab;
use crate::{file, json_line, run, stderr, stdout, write};

/// The folder of a campaign of two variants that differ by 4 % where blocks differ by far more; one trial was given up.
fn blocks(dir: &Path, blocks: usize) {
    let text = file("raw/manifest.json")["plan"]["text"].clone();
    let (mut trials, mut number) = (Vec::new(), 0);
    for block in 1..=blocks {
        for variant in 0..2 {
            number += 1;
            let folder = format!("pools/block-{block:02}/variant-{}", variant + 1);
            let seed = 41 + block;
            trials.push(json!({
                "number": number, "block": block, "variant": variant, "seed": seed,
                "folder": format!("block-{block:02}/variant-{}", variant + 1),
            }));
            if (block, variant) == (2, 1) {
                continue;
            }
            let block_effect = 1.0 + 0.1 * f64::from(u8::try_from(block % 4).unwrap());
            let cost = 15.0 * block_effect * if variant == 1 { 1.04 } else { 1.0 };
            let pool = if variant == 1 { "8" } else { "4" };
            let run = write(dir, &format!("{folder}/run"), pool, Some(cost), 24.0 + block as f64);
            let path = run.join("manifest.json");
            let mut manifest: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            manifest["plan"]["overrides"] = json!([format!("--set POOL={pool}"), format!("--seed {seed}")]);
            manifest["plan"]["seed"] = json!(seed);
            std::fs::write(path, manifest.to_string()).unwrap();
        }
    }
    let variants = [4, 8]
        .map(|pool| json!({"name": format!("POOL={pool}"), "settings": [format!("--set POOL={pool}")]}));
    let recorded = json!({
        "format": 1, "name": "pools", "experiment": text, "attempts": 3, "require_valid": false, "variants": variants, "trials": trials,
    });
    std::fs::write(dir.join("pools/campaign.json"), recorded.to_string()).unwrap();
}

#[test]
fn a_campaign_is_paired_by_block_where_pairs_can_show_anything() {
    let compared = |n: usize, args: &[&str]| {
        let lab = Lab::new();
        blocks(lab.dir.path(), n);
        let o = run(&[&["--json", "compare", "pools"], args].concat(), lab.dir.path());
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
        json_line(&o)["comparison"].take()
    };
    let figure = ["--figure", "demand_ms:ms-exercise"];
    // Six whole blocks of seven: the block that lacks a run is left out, and the difference within blocks is found.
    let c = compared(7, &figure);
    assert_eq!(
        (&c["settings"]["paired"], &c["variants"]),
        (&json!(true), &json!([["POOL=4", 6], ["POOL=8", 6]]))
    );
    assert_eq!(c["rows"][0]["verdict"]["is"], "worse", "{c:#}");
    let remarks = c["remarks"].to_string();
    assert!(remarks.contains("1 of 14 trials") && remarks.contains("1 run of others left out"), "{remarks}");
    // Five pairs show nothing; unpaired the blocks are noise.
    let c = compared(6, &figure);
    assert_eq!(
        (&c["settings"]["paired"], &c["variants"]),
        (&json!(false), &json!([["POOL=4", 6], ["POOL=8", 5]]))
    );
    assert_eq!(c["rows"][0]["verdict"]["is"], "not_enough", "{c:#}");
    assert!(c["remarks"].to_string().contains("Not paired by block: of 5 whole blocks"), "{c:#}");
    let c = compared(6, &[&figure[..], &["--paired"]].concat());
    assert_eq!((&c["settings"]["paired"], &c["variants"][0][1]), (&json!(true), &json!(5)));
}

#[test]
fn a_campaigns_folder_in_the_place_of_a_run_is_told_as_one() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    blocks(dir, 2);
    let other = write(dir, "results/other", "4", Some(15.0), 24.0);
    for args in [
        &["compare", "pools", "results/other"][..],
        &["compare", "a=pools", "b=results/other"],
        &["baseline", "save", "main", "pools"],
    ] {
        let o = run(args, dir);
        let told = stderr(&o);
        assert_eq!(o.status.code(), Some(2), "{told}");
        assert!(
            told.contains("pools is the folder of a campaign") && told.contains("block-*/variant-1/*"),
            "{told}"
        );
    }
    let o = run(&["baseline", "save", "main", &other.display().to_string()], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let told = stderr(&run(&["check-regression", "pools", "--baseline", "main"], dir));
    assert!(told.contains("pools is the folder of a campaign"), "{told}");
    // Its runs are listed, those around it with a word about it.
    let listed = |folder: &str| run(&["--json", "list", folder], dir);
    assert_eq!(stdout(&listed("pools")).lines().count(), 3);
    let around = run(&["list", "."], dir);
    assert!(stderr(&around).contains("`swarmlab list ./pools` shows its runs"), "{}", stderr(&around));
}
