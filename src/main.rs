//! The command `jmc-site`.

use jmc_site::{Environment, run};
use std::process::ExitCode;

fn main() -> ExitCode {
    run(std::env::args_os().collect(), &Environment::of_process()).into()
}
