//! The `swarmlab` binary: everything lives in the library, rooms first.

fn main() -> std::process::ExitCode {
    swarmlab::cli::main()
}
