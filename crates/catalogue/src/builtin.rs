//! The catalogues that are compiled in.

use crate::row::Catalogue;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each, the most particular first: where two say the same of a service, the first speaks.
        pub(crate) const FILES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../catalogues/", $name, ".yml")))),*];
    };
}

files! { "cadvisor", "envoy", "traefik", "nginx", "haproxy", "node-exporter", "demo", "process", "builtin", "prometheus" }

/// All of them. That each can be read is tested, so none is missing.
pub(crate) fn all() -> Vec<Catalogue> {
    FILES.iter().filter_map(|(name, text)| crate::read::one(text, name, &|_| None).ok()).collect()
}

/// One by name.
pub(crate) fn named(name: &str) -> Option<Catalogue> {
    let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
    crate::read::one(text, name, &|_| None).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::row::Role;

    #[test]
    fn each_file_can_be_read_and_is_named_after_itself() {
        for (name, text) in FILES {
            let read = crate::read::one(text, &format!("{name}.yml"), &|_| None);
            let read = read.unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(read.name, *name);
            assert!(!read.about.is_empty(), "{name}");
            assert!(read.role != Role::Proxy || read.rows.iter().any(|r| r.proof), "{name}");
        }
        let in_folder =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/catalogues")).unwrap().count();
        assert_eq!((FILES.len(), all().len()), (in_folder, in_folder));
    }

    #[test]
    fn no_series_is_meant_by_two_rows() {
        let all = all();
        let rows: Vec<_> = all.iter().flat_map(|c| c.rows.iter().map(move |r| (&c.name, r))).collect();
        for (i, (a, row)) in rows.iter().enumerate() {
            for (b, other) in &rows[i + 1..] {
                assert!(!row.selector.overlaps(&other.selector), "{} of {a} and of {b}", row.selector);
            }
        }
    }
}
