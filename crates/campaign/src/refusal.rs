//! What an experiment says of its variants, told once each at the level that sets it.

use swarmlab_yaml::{Diagnostic, Diagnostics, Span};

use crate::axis::Level;
use crate::file::Campaign;
use crate::plan::Variant;

impl Campaign {
    /// The findings of all variants, those of each at its place: told in the campaign's file at the level that sets what they are
    /// about, else where they were found, and with the variant's name where not all variants have them.
    pub fn refused(&self, findings: &[Vec<Diagnostic>]) -> Diagnostics {
        let mut out = Vec::new();
        for (variant, own) in self.variants.iter().zip(findings) {
            for finding in own {
                out.push(match self.level(variant, finding) {
                    Some(level) => self.at(level, finding),
                    None if findings.iter().all(|own| own.iter().any(|d| d == finding)) => finding.clone(),
                    None => {
                        let message = format!("{} (with {})", finding.message, variant.name);
                        Diagnostic { message, ..finding.clone() }
                    }
                });
            }
        }
        Diagnostics::new(out)
    }

    /// The level of a variant that sets what a finding is about: its words stand in the message.
    fn level(&self, variant: &Variant, finding: &Diagnostic) -> Option<&Level> {
        let about = |level: &&Level| {
            level.settings.iter().any(|setting| {
                let word = setting.word();
                // Of variables the name alone stands in findings.
                let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
                finding.message.contains(&format!("`{word}`"))
                    || finding.message.contains(&format!("`{name}`"))
            })
        };
        self.axes.iter().zip(&variant.levels).map(|(axis, level)| &axis.levels[*level]).find(about)
    }

    fn at(&self, level: &Level, finding: &Diagnostic) -> Diagnostic {
        let Span { line, column, .. } = finding.span;
        let place = format!("found in {}:{line}:{column}", finding.file);
        let help = match &finding.help {
            Some(help) => format!("{help}\n{place}"),
            None => place,
        };
        let file = self.path.display().to_string();
        let make = if finding.is_error() { Diagnostic::error } else { Diagnostic::warning };
        let told = make(finding.code, &file, &self.text, level.span, finding.message.clone()).help(help);
        match &finding.expected {
            Some(expected) => told.expected(expected.clone()),
            None => told,
        }
    }
}
