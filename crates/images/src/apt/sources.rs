//! Reading the machine's own apt sources, to learn which mirror it may use.
//!
//! Two formats: one-line `*.list` and deb822 `*.sources` (sources.list(5)). Only the addresses of
//! Debian archives with component `main` are of interest; the security archive holds other suites.

/// Archive addresses named by one-line sources (`deb [options] URI suite components…`), in order.
pub(crate) fn one_line(text: &str) -> Vec<String> {
    text.lines().filter_map(one_line_address).collect()
}

fn one_line_address(line: &str) -> Option<String> {
    let line = line.split('#').next()?.trim();
    let rest = line.strip_prefix("deb")?;
    if !rest.starts_with([' ', '\t', '[']) {
        return None; // deb-src and the like
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(options) => options.split_once(']')?.1,
        None => rest,
    };
    let mut words = rest.split_whitespace();
    let (address, suite) = (words.next()?, words.next()?);
    let main = words.any(|component| component == "main");
    (main && is_debian(address, suite)).then(|| address.to_owned())
}

/// Archive addresses named by deb822 sources (stanzas of `Types:`, `URIs:`, `Suites:`, `Components:`).
pub(crate) fn deb822(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for stanza in stanzas(text) {
        let words = |key: &str| -> Vec<&str> {
            let field = stanza.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
            field.flat_map(|(_, value)| value.split_whitespace()).collect()
        };
        let disabled =
            words("Enabled").first().is_some_and(|word| matches!(*word, "no" | "false" | "0" | "off"));
        if disabled || !words("Types").contains(&"deb") || !words("Components").contains(&"main") {
            continue;
        }
        let suites = words("Suites");
        let ours = |address: &&str| suites.iter().any(|suite| is_debian(address, suite));
        found.extend(words("URIs").into_iter().filter(ours).map(str::to_owned));
    }
    found
}

/// Fields of each stanza; a line that starts with a blank continues the field before it.
fn stanzas(text: &str) -> Vec<Vec<(String, String)>> {
    let mut all = vec![Vec::<(String, String)>::new()];
    for line in text.lines() {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            all.push(Vec::new());
        } else if let Some(stanza) = all.last_mut() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = stanza.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((key, value)) = line.split_once(':') {
                stanza.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    all
}

const SUITES: [&str; 9] =
    ["bullseye", "bookworm", "trixie", "forky", "sid", "stable", "oldstable", "testing", "unstable"];

/// Does this address hold Debian's main archive? Told by the suite's name, which a third-party
/// archive may share, and by the path, which ends in `debian` on a mirror or has a snapshot's date.
fn is_debian(address: &str, suite: &str) -> bool {
    let usable = address.starts_with("http://") || address.starts_with("https://");
    let path = address.trim_end_matches('/');
    let archive = path.ends_with("/debian") || path.contains("/archive/debian/");
    usable && archive && SUITES.contains(&suite)
}

/// Where to look for suites given a machine's mirror: there first, and, since a snapshot or a partial
/// mirror may lack other suites, at the plain archive paths of the same host.
pub(crate) fn candidates(address: &str) -> Vec<String> {
    let address = address.trim_end_matches('/');
    let mut list = vec![address.to_owned()];
    if let Some((before, _)) = address.split_once("/archive/debian/") {
        list.push(format!("{before}/debian"));
    }
    if let Some((scheme, rest)) = address.split_once("://") {
        let host = rest.split('/').next().unwrap_or(rest);
        list.push(format!("{scheme}://{host}/debian"));
    }
    let mut seen = std::collections::BTreeSet::new();
    list.retain(|candidate| seen.insert(candidate.clone()));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_one_line_sources() {
        let text = "# deb http://old.example/debian bookworm main\n\
            deb-src http://mirror.example/debian bookworm main\n\
            deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian/ bookworm contrib main # ours\n\
            deb https://mirror.example/debian-security bookworm-security main\n\
            deb https://packages.example/apt bookworm main\n\
            deb cdrom:[Debian]/ bookworm main\n";
        assert_eq!(one_line(text), ["http://mirror.example/debian/"]);
    }

    #[test]
    fn reads_deb822_sources() {
        let text = "Types: deb\n# a comment inside\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
            Components: main\nSigned-By:\n -----BEGIN PGP-----\n .\n\n\
            Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n\n\
            Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: bookworm\nComponents: main\n\n\
            types: deb deb-src\nURIs: https://a.example/debian\n https://b.example/debian/\nSuites: trixie\nComponents: main contrib\n";
        assert_eq!(
            deb822(text),
            ["http://mirror.example/debian", "https://a.example/debian", "https://b.example/debian/"]
        );
    }

    #[test]
    fn a_snapshot_falls_back_to_the_plain_archive_of_its_host() {
        assert_eq!(candidates("http://m.example/debian/"), ["http://m.example/debian"]);
        assert_eq!(
            candidates("https://m.example/mirror/archive/debian/20250520T000000Z/"),
            [
                "https://m.example/mirror/archive/debian/20250520T000000Z",
                "https://m.example/mirror/debian",
                "https://m.example/debian"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s)(deb|Types|URIs|Suites|[ :#\\[\\]\n\t/a-z.]){0,40}.{0,80}") {
            for address in one_line(&text).into_iter().chain(deb822(&text)) {
                prop_assert!(address.starts_with("http"));
                prop_assert!(!candidates(&address).is_empty());
            }
        }

        #[test]
        fn both_formats_agree(host in "[a-z]{1,8}\\.example", suite in prop::sample::select(SUITES.to_vec())) {
            let address = format!("http://{host}/debian");
            let line = format!("deb {address} {suite} main");
            let stanza = format!("Types: deb\nURIs: {address}\nSuites: {suite}\nComponents: main\n");
            prop_assert_eq!(one_line(&line), vec![address.clone()]);
            prop_assert_eq!(deb822(&stanza), vec![address]);
        }
    }
}
