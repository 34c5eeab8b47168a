//! Running the machine's own tools, and saying well what they said when they fail.

use crate::ImageError;
use std::io::ErrorKind;
use std::process::{Command, Output, Stdio};

/// Lines of a failed command's output that are worth showing.
const TAIL_LINES: usize = 8;

/// Runs a command to its end and returns its standard output.
///
/// # Errors
/// [`ImageError::MissingTool`] (with `package`) if there is no such program, [`ImageError::Command`]
/// (with `advice`) if it fails.
pub(crate) fn run(command: &mut Command, package: &'static str, advice: &str) -> Result<String, ImageError> {
    let output = output(command, package)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(ImageError::Command {
        command: line(command),
        status: output.status.to_string(),
        tail: tail(&output),
        advice: advice.to_owned(),
    })
}

/// Runs a command to its end, whatever it says.
pub(crate) fn output(command: &mut Command, package: &'static str) -> Result<Output, ImageError> {
    // Output is parsed and shown: it must not depend on the user's language.
    command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    command.output().map_err(|source| match source.kind() {
        ErrorKind::NotFound => {
            ImageError::MissingTool { tool: command.get_program().to_string_lossy().into_owned(), package }
        }
        _ => ImageError::Command {
            command: line(command),
            status: source.to_string(),
            tail: String::new(),
            advice: "check that the program may be run".to_owned(),
        },
    })
}

/// The last lines of standard output and standard error together.
pub(crate) fn tail(output: &Output) -> String {
    let text =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines[from..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// The command line, shortened in the middle: an apt-get of ours has a dozen options.
fn line(command: &Command) -> String {
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .filter(|word| word != "-o" && !word.contains("::"))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_failure_names_command_output_and_advice() {
        let mut command = Command::new("sh");
        command.args(["-c", "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo bad >&2; exit 3"]);
        let message = run(&mut command, "dash", "try again").unwrap_err().to_string();
        assert!(message.contains("exit status: 3"), "{message}");
        assert!(message.contains("    bad\ntry again"), "{message}");
        assert!(message.contains("line 9") && !message.contains("    line 2\n"), "{message}");
    }

    #[test]
    fn a_missing_program_names_its_package() {
        let mut command = Command::new("swarmlab-no-such-tool");
        let message = run(&mut command, "some-package", "").unwrap_err().to_string();
        assert_eq!(
            message,
            "`swarmlab-no-such-tool` is not installed; install it with: apt-get install some-package"
        );
    }
}
