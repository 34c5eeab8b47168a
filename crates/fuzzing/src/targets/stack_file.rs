//! Stack files, from text to service specifications.

use std::io;
use std::path::Path;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "services:\n", "  web:\n", "    image: i\n", "    ports: [\"80:80\"]\n", "    deploy:\n", "networks:\n", "${A}",
    "${B:-x}", "${C:?m}", "$$", "    environment: { A: b }\n", "    healthcheck: { test: [CMD, x] }\n", "configs:\n",
    "    volumes: [a:/b:ro]\n", "      resources: { limits: { memory: 1G } }\n", "1s", "&a ", "*a", "<<: ",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let env = |name: &str| (name == "A").then(|| "1".to_owned());
    let read_file = |path: &Path| match path.ends_with("f") {
        true => Ok(b"A=1\n".to_vec()),
        false => Err(io::ErrorKind::NotFound.into()),
    };
    match swarmlab_stackfile::load(text, Path::new("stacks/t.yml"), &env, &read_file) {
        Ok(stack) => {
            let specs = swarmlab_stackfile::specs(&stack, "s");
            assert!(specs.is_err() || stack.services.len() >= specs.map_or(0, |specs| specs.services.len()));
            // What is written is read again as the same stack.
            let written = swarmlab_stackfile::write(&stack, &|path| path.display().to_string());
            let read_file = |path: &Path| read_file(path.strip_prefix("stacks").unwrap_or(path));
            match swarmlab_stackfile::load(&written, Path::new("t.yml"), &env, &read_file) {
                Ok(again) => assert_eq!(again.unplaced(), stack.unplaced(), "{written}"),
                Err(why) => panic!("{why}\n{written}"),
            }
        }
        Err(findings) => {
            assert!(findings.has_errors());
            for finding in &findings {
                assert!(finding.span.slice(text).is_some() || finding.code == swarmlab_codes::TOO_LARGE, "{finding}");
            }
        }
    }
}
