//! A command line, split into words as a shell does it.
//!
//! By hand, because no crate reads quite so. The crate `shlex` takes a carriage return for a letter, which Compose
//! takes for a blank (files with Windows line ends), and its error does not say what was left open. Docker's own
//! splitter (`github.com/google/shlex`) departs from the shell in two places: within double quotes it drops each
//! backslash, also the one of `"\n"`, and a backslash before a line end keeps the line end. Here both are as in a shell.

/// Splits at blanks outside quotes. Single quotes keep everything, double quotes keep everything but
/// `\"`, `\\`, `\$` and `` \` ``, a backslash outside quotes keeps the next character, `#` at the start of
/// a word begins a comment that ends with the line.
///
/// # Errors
/// What is left open at the end of the text.
pub fn split_words(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '#' if word.is_none() => while chars.next_if(|&c| c != '\n').is_some() {},
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a single quote is left open"),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some('\n') => {}
                            Some(c) => word.extend(['\\', c]),
                            None => return Err("a double quote is left open"),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a double quote is left open"),
                    }
                }
            }
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("nothing follows the last backslash"),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        for (text, want) in [
            ("a b  c", vec!["a", "b", "c"]),
            ("", vec![]),
            ("a 'b c' \"d e\"", vec!["a", "b c", "d e"]),
            ("a'b'\"c\"", vec!["abc"]),
            ("'' \"\"", vec!["", ""]),
            (r#"sh -c "echo \"hi\" \$x \n""#, vec!["sh", "-c", r#"echo "hi" $x \n"#]),
            (r"a\ b \\", vec!["a b", "\\"]),
            ("a # b\nc#d", vec!["a", "c#d"]),
            ("a \\\n b", vec!["a", "b"]),
            ("a\r\nb 'c\r'", vec!["a", "b", "c\r"]),
        ] {
            assert_eq!(split_words(text).unwrap(), want, "{text}");
        }
        for text in ["'a", "\"a", "\"a\\", "a\\"] {
            assert!(split_words(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn quoted_words_come_back(words in prop::collection::vec("[^']{0,12}", 0..6)) {
            let line = words.iter().map(|w| format!("'{w}'")).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(split_words(&line).unwrap(), words);
        }

        #[test]
        fn any_text_is_answered(text in "(?s).{0,40}") {
            let _ = split_words(&text);
        }
    }
}
