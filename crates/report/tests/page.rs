//! Promises about the files as a whole: harmless, self-contained, deterministic.
#![allow(clippy::unwrap_used)]

mod support;

use support::{file, line, model_with, well_formed};
use swarmlab_report::model::*;
use swarmlab_report::{ReportModel, render};

const HOSTILE: &str =
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>]]>--><!--&\u{0}\u{8}";

/// A model with the same text wherever text can stand.
fn filled(text: &str) -> ReportModel {
    let t = || text.to_owned();
    let figure =
        Figure { label: t(), value: t(), unit: t(), uncertainty: t(), note: t(), status: Status::Pass };
    let mut model = model_with(vec![
        Line { ink: Ink::Service(t()), ..line(text, &[Some(1.0), None, Some(2.0)]) },
        Line { ink: Ink::Quantile(0.95), step: true, ..line(text, &[Some(1.0), Some(1.0), Some(2.0)]) },
    ]);
    model.timeline.panels[0].title = t();
    model.timeline.panels[0].unit = Unit::Other(t());
    model.timeline.panels[0].references = vec![Reference { label: t(), value: 1.0 }];
    model.timeline.phases = vec![Phase { name: t(), start_s: 0.0, end_s: 3.0 }];
    model.timeline.markers = vec![Marker { t_s: 1.0, label: t() }];
    let cell = HeatCell { r: -0.6, lag_s: 2.0, n_eff: 9.0, finding: Finding::NotSignificant };
    let heat =
        HeatMap { title: t(), note: t(), rows: vec![t()], columns: vec![t()], cells: vec![vec![Some(cell)]] };
    let scatter = Scatter {
        title: t(),
        x_label: t(),
        x_unit: Unit::PerS(t()),
        y_label: t(),
        points: vec![ScatterPoint { t_s: 0.0, x: 1.0, y: 1.0 }, ScatterPoint { t_s: 1.0, x: 2.0, y: 3.0 }],
        note: t(),
        ..Scatter::default()
    };
    let row =
        IntervalRow { label: t(), ink: Ink::ByName, estimate: Some(1.0), interval: None, truth: Some(2.0) };
    ReportModel {
        title: t(),
        subtitle: t(),
        experiment: t(),
        testbed: t(),
        started_utc: t(),
        duration_s: 3.0,
        partial: Some(t()),
        notice: Some(t()),
        figures: vec![figure.clone()],
        verdicts: vec![Verdict {
            code: t(),
            status: Status::Fail,
            title: t(),
            explanation: t(),
            figures: vec![figure],
        }],
        heat_maps: vec![heat],
        scatters: vec![scatter],
        intervals: vec![IntervalPlot {
            title: t(),
            note: t(),
            unit: Unit::Ms,
            truth_label: t(),
            rows: vec![row],
        }],
        tables: vec![Table {
            title: t(),
            note: t(),
            columns: vec![Column::number(t(), t())],
            rows: vec![vec![Cell { text: t(), status: Some(Status::Warn) }]],
        }],
        notes: vec![Note { status: Status::Info, text: t() }],
        provenance: vec![(t(), t())],
        ..model
    }
}

#[test]
fn hostile_text_is_harmless_everywhere() {
    for artifact in render(&filled(HOSTILE)).unwrap() {
        let text = &artifact.text;
        for active in ["<script>alert", "<img", "</script><script", "\u{0}", "\u{8}"] {
            assert!(!text.contains(active), "{} holds {active:?}", artifact.path);
        }
        assert!(!artifact.path.contains("..") && artifact.path.is_ascii(), "{}", artifact.path);
        if !artifact.path.ends_with(".md") {
            well_formed(text).unwrap_or_else(|fault| panic!("{}: {fault}", artifact.path));
        }
    }
    let files = render(&filled(HOSTILE)).unwrap();
    let page = file(&files, "report.html");
    assert_eq!(page.matches("<script").count(), 2, "the data and our own script, nothing else");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("onerror=alert(2)>"), "no attribute may be left by accident");
}

#[test]
fn nothing_is_loaded_from_anywhere() {
    for artifact in render(&filled("plain")).unwrap() {
        let text = artifact.text.replace("http://www.w3.org/2000/svg", "");
        for outside in
            ["http:", "https:", "//cdn", " src=", " href=", "@import", "url(h", "url(d", "fetch(", "import("]
        {
            assert!(!text.contains(outside), "{} holds {outside}", artifact.path);
        }
    }
}

#[test]
fn the_same_model_gives_the_same_bytes_also_after_storage() {
    let model = filled("service-a");
    let first = render(&model).unwrap();
    assert_eq!(first, render(&model.clone()).unwrap());
    let stored: ReportModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(first, render(&stored).unwrap());
}

#[test]
fn verdicts_are_told_by_word_and_sign() {
    let model = ReportModel {
        verdicts: [Status::Pass, Status::NotJudged, Status::Warn, Status::Fail, Status::Info]
            .map(|status| Verdict { status, title: "claim".into(), ..Verdict::default() })
            .to_vec(),
        ..ReportModel::default()
    };
    let files = render(&model).unwrap();
    let page = file(&files, "report.html");
    for (word, class) in
        [("pass", "pass"), ("warning", "warn"), ("fail", "fail"), ("info", "info"), ("not judged", "open")]
    {
        assert!(page.contains(&format!(">{word}<")), "{word}");
        assert!(page.contains(&format!("class=\"sign {class}\"")), "{class}");
    }
    assert!(page.contains("1 failed") && page.contains("1 passed"));
}

#[test]
fn every_chart_stands_alone() {
    for artifact in render(&filled("plain")).unwrap() {
        if artifact.path.starts_with("charts/") {
            let text = &artifact.text;
            for part in ["xmlns=", "<title", "<desc", "<style>", "class=\"bg\"", "viewBox="] {
                assert!(text.contains(part), "{} lacks {part}", artifact.path);
            }
            assert!(!text.contains("%\""), "{}: places in a document are in pixels", artifact.path);
        }
    }
}

#[test]
fn the_summary_reads_as_text() {
    let mut model = filled("ms-exercise");
    model.title = "Ramp | to *saturation*".into();
    insta::assert_snapshot!(file(&render(&model).unwrap(), "summary.md"));
}
