//! The style sheet of the charts. Plain rules with plain colours (no variables), so that viewers which know
//! less of CSS than a browser draw a chart that stands alone in the light theme.

use std::fmt::Write as _;

use super::palette::{colours, dashes};
use super::ramp::{HEAT_STEPS, TIME_STEPS, heat_colour, heat_text, time_colour};
use super::{Surface, Theme};

/// Rules for light surfaces, then those that change on a dark screen. Paper stays light.
pub(crate) fn chart_css() -> String {
    let mut css = String::from(SHAPES);
    for (class, dash) in dashes() {
        let _ = writeln!(css, ".ln.{class}{{stroke-dasharray:{dash};stroke-linecap:butt}}");
    }
    css.push_str(&themed(Theme::Light));
    let _ = write!(css, "@media screen and (prefers-color-scheme:dark){{\n{}}}\n", themed(Theme::Dark));
    css
}

const SHAPES: &str = "\
.chart text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif;font-size:11.5px;font-variant-numeric:tabular-nums}
.chart .name{font-size:14px;font-weight:600}
.chart .heading{font-size:16px}
.chart .small{font-size:10.5px}
.chart .strong{font-weight:600}
.chart .mid{text-anchor:middle}
.chart .end{text-anchor:end}
.ln{fill:none;stroke:currentColor;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.dot{fill:none;stroke:currentColor;stroke-width:4.5;stroke-linecap:round}
.grid,.tickline,.zero,.mark,.ref,.cross{fill:none;stroke-width:1;shape-rendering:crispEdges}
.mark{stroke-dasharray:2 3}
.solid{stroke-dasharray:none}
.ref{stroke-width:1.25;stroke-dasharray:6 3}
.inner .ln,.inner .dot{vector-effect:non-scaling-stroke}
.pt{fill:none;stroke:currentColor;stroke-width:5;stroke-linecap:round;stroke-opacity:.72}
.fit{fill:none;stroke-width:1.5}
.sw{fill:currentColor;stroke:none}
.hatch{stroke-width:1.2;stroke-opacity:.34}
";

fn themed(theme: Theme) -> String {
    let Surface { page, plot, band, shade, deep, text, muted, line, grid } = theme.surface();
    let mut css = format!(
        ".chart text{{fill:{text}}}.chart .muted{{fill:{muted}}}.bg{{fill:{page}}}\n\
         .ph0{{fill:{plot}}}.ph1{{fill:{band}}}.ph0b{{fill:{shade}}}.ph1b{{fill:{deep}}}\n\
         .doubt{{fill:{muted};fill-opacity:.22}}\n\
         .grid{{stroke:{grid}}}.tickline,.zero{{stroke:{line}}}.mark,.cross{{stroke:{muted}}}.ref{{stroke:{text}}}\n\
         .fit{{stroke:{text}}}.hatch{{stroke:{text}}}.none{{fill:none;stroke:{line};stroke-dasharray:2 2}}\n\
         .ring{{fill:{page};stroke:{text};stroke-width:1.5}}\n"
    );
    for (class, colour) in colours(theme) {
        let _ = write!(css, ".{class}{{color:{}}}", colour.hex());
    }
    css.push('\n');
    for class in 0..HEAT_STEPS {
        let (fill, text) = (heat_colour(class, theme).hex(), heat_text(class, theme).hex());
        let _ = write!(css, ".h{class}{{fill:{fill}}}.chart .ht{class}{{fill:{text}}}");
    }
    css.push('\n');
    for class in 0..TIME_STEPS {
        let _ = write!(css, ".t{class}{{color:{}}}", time_colour(class, theme).hex());
    }
    css.push('\n');
    css
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_themes_define_the_same_classes() {
        let css = chart_css();
        let (light, dark) = css.split_once("@media screen").unwrap_or((&css, ""));
        for class in ["c0", "c6", "offered", "done", "failed", "q0", "q3", "h0", "h20", "t0", "t11"] {
            let rule = format!(".{class}{{");
            assert!(light.contains(&rule) && dark.contains(&rule), "{class}");
        }
        assert_eq!(css.matches('{').count(), css.matches('}').count());
    }
}
