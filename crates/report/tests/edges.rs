//! Models at the edge: every one must render, stay well-formed, and show nothing that is not there.
#![allow(clippy::unwrap_used)]

mod support;

use support::{all_text, file, line, model_with, well_formed};
use swarmlab_report::model::*;
use swarmlab_report::{ReportError, ReportModel, render};

/// Renders `model` and checks what must hold for any model at all.
fn rendered(model: &ReportModel) -> Vec<swarmlab_report::Artifact> {
    let files = render(model).unwrap();
    for file in &files {
        if !file.path.ends_with(".md") {
            well_formed(&file.text).unwrap_or_else(|fault| panic!("{}: {fault}", file.path));
        }
        for odd in ["NaN", "\"inf", "\"-inf", ">inf", ">-inf", ",inf", "Minf", "Linf"] {
            assert!(!file.text.contains(odd), "{} holds {odd}", file.path);
        }
    }
    files
}

#[test]
fn an_empty_model_gives_a_page_without_sections() {
    let files = rendered(&ReportModel::default());
    assert_eq!(
        files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["report.html", "summary.md"]
    );
    assert!(!file(&files, "report.html").contains("<section"));
}

#[test]
fn panels_without_rows_say_that_there_is_no_data() {
    let files = rendered(&model_with(vec![line("a", &[])]));
    assert!(file(&files, "report.html").contains(">no data<"));
    assert!(file(&files, "charts/timeline-panel.svg").contains(">no data<"));
}

#[test]
fn all_nulls_are_no_data_and_draw_no_path() {
    let files = rendered(&model_with(vec![line("a", &[None; 30])]));
    let chart = file(&files, "charts/timeline-panel.svg");
    assert!(chart.contains(">no data<") && !chart.contains("<path"));
}

#[test]
fn a_single_point_is_a_dot() {
    let files = rendered(&model_with(vec![line("a", &[Some(3.5)])]));
    let chart = file(&files, "charts/timeline-panel.svg");
    assert_eq!(chart.matches("class=\"dot\"").count(), 1);
    assert!(!chart.contains(">no data<"));
}

#[test]
fn thirty_services_with_long_names_get_a_legend_of_many_rows() {
    let names: Vec<String> =
        (0..30).map(|i| format!("team-payments-microservice-with-a-long-name-number-{i:02}-envoy")).collect();
    let lines: Vec<Line> = names
        .iter()
        .map(|name| Line {
            ink: Ink::Service(name.clone()),
            ..line(name, &[Some(1.0), Some(2.0), None, Some(1.5)])
        })
        .collect();
    let files = rendered(&model_with(lines));
    let page = file(&files, "report.html");
    assert_eq!(page.matches("<button").count(), 30);
    let chart = file(&files, "charts/timeline-panel.svg");
    let height: f64 = chart.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
    assert!(height > 300.0, "the document must grow with its legend: {height}");
    assert!(chart.contains('…'), "names that are too long are cut");
}

#[test]
fn negative_and_huge_values_keep_their_axes() {
    for values in [
        vec![Some(-5.0), Some(-1.0)],
        vec![Some(1e300), Some(-1e300)],
        vec![Some(f64::MAX), Some(f64::MIN)],
        vec![Some(f64::NAN), Some(f64::INFINITY), Some(2.0)],
        vec![Some(1e-320), Some(1e-310)],
    ] {
        for unit in [Unit::Count, Unit::Ms, Unit::Bytes, Unit::Ratio, Unit::Cores, Unit::PerS("x".into())] {
            for scale in [Scale::Linear, Scale::Log] {
                let mut model = model_with(vec![line("a", &values)]);
                model.timeline.panels[0].unit = unit.clone();
                model.timeline.panels[0].scale = scale;
                model.timeline.panels[0].references = vec![Reference { label: "limit".into(), value: 1e12 }];
                rendered(&model);
            }
        }
    }
}

#[test]
fn charts_without_anything_in_them_render() {
    let model = ReportModel {
        heat_maps: vec![
            HeatMap::default(),
            HeatMap {
                rows: vec!["a".into()],
                columns: vec!["b".into(), "c".into()],
                cells: vec![vec![None, Some(HeatCell { r: f64::NAN, ..HeatCell::default() })]],
                ..HeatMap::default()
            },
        ],
        scatters: vec![
            Scatter::default(),
            Scatter {
                points: vec![
                    ScatterPoint { x: 1.0, y: 2.0, t_s: 3.0 },
                    ScatterPoint { x: f64::NAN, y: 1.0, t_s: 0.0 },
                ],
                fit: Some(Fit { slope: f64::INFINITY, intercept: f64::NAN }),
                r: Some(f64::NAN),
                ..Scatter::default()
            },
        ],
        intervals: vec![IntervalPlot { rows: vec![IntervalRow::default()], ..IntervalPlot::default() }],
        tables: vec![Table { columns: vec![Column::text("a")], ..Table::default() }],
        ..ReportModel::default()
    };
    let files = rendered(&model);
    let page = file(&files, "report.html");
    assert!(page.contains("no estimate") && page.contains("No rows."));
    assert_eq!(files.iter().filter(|file| file.path.starts_with("charts/")).count(), 5);
}

#[test]
fn odd_phases_and_markers_are_left_out_or_cut() {
    let mut model = model_with(vec![line("a", &[Some(1.0), Some(2.0)])]);
    let phase = |name: &str, start_s, end_s| Phase { name: name.into(), start_s, end_s };
    model.timeline.phases =
        vec![phase("upside down", 2.0, 1.0), phase("never", f64::NAN, 1.0), phase("real", 0.0, 2.0)];
    model.timeline.markers = vec![
        Marker { t_s: 1e9, label: "far away".into() },
        Marker { t_s: f64::NAN, label: "nowhere".into() },
        Marker { t_s: 1.0, label: "here".into() },
    ];
    let files = rendered(&model);
    let chart = file(&files, "charts/timeline.svg");
    assert!(chart.contains(">real<") && chart.contains(">here<"));
    for gone in ["upside down", "never", "far away", "nowhere"] {
        assert!(!chart.contains(gone), "{gone}");
    }
}

#[test]
fn an_inconsistent_model_is_refused_before_anything_is_drawn() {
    let mut model = model_with(vec![line("a", &[Some(1.0)])]);
    model.timeline.t_s.push(9.0);
    assert!(matches!(render(&model), Err(ReportError::Inconsistent(faults)) if faults.len() == 1));
}

#[test]
fn a_limit_far_above_the_data_does_not_flatten_them() {
    let mut model = model_with(vec![line("a", &[Some(0.2), Some(0.3)])]);
    model.timeline.panels[0].references =
        vec![Reference { label: "near".into(), value: 0.35 }, Reference { label: "far".into(), value: 64.0 }];
    let text = all_text(&rendered(&model));
    assert!(text.contains("far (64, off the scale)") && text.contains("near (0.35)"), "{text}");
}
