//! `cargo run --example sandbox`: the real wizard against a JMC installation that
//! exists only in this process. Nothing of AWS is reached, and no profile is read.
//!
//! On a terminal it asks its questions; elsewhere it answers them itself. Further
//! arguments go to `jmc-site init`. `-- --serve` only serves, for the real binary or
//! the AWS CLI, and prints the variables to export.
#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example prints, and uses a part of what it shares with the tests"
)]

#[path = "mod.rs"]
mod sandbox;

use jmc_site::{Environment, run};
use sandbox::warehouse::{Options, PASSWORD, Temporary, USER, Warehouse};
use sandbox::{REGION, Sandbox, surroundings};
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;

/// The seeded cluster's endpoint.
const HOST: &str = "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com";

/// The answers where nobody can be asked.
const ANSWERS: &[&str] = &[
    "--name",
    "sales",
    "--host",
    "csa-dwh.c9x1abcd.ap-northeast-1.redshift.amazonaws.com:5439/dev",
    "--user",
    USER,
    "--notifications",
    "site",
    "--notify-on",
    "failure",
    "--source-code",
    "omit",
    "--subscribe",
    "failure=email:ops@example.com",
    "--data-bucket",
    "sales-jmc-data",
    "--data-folder",
    "import",
    "--data-folder",
    "export",
    "--sql-bucket",
    "sales-jmc-sql",
    "--program-bucket",
    "sales-jmc-program",
    "--yes",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let sandbox = Sandbox::jmc();
    let logins = sandbox.clone();
    let warehouse = Warehouse::start(Options {
        temporary: Temporary::found_by(move |user| logins.login(user)),
        ..Options::default()
    });
    let folder = match tempfile::Builder::new().prefix("jmc-sandbox-").tempdir() {
        Ok(folder) => folder.keep(),
        Err(error) => {
            eprintln!("no temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    let ca_file = folder.join("ca.pem");
    if let Err(error) = std::fs::write(&ca_file, warehouse.ca_pem()) {
        eprintln!("{}: {error}", ca_file.display());
        return ExitCode::FAILURE;
    }
    if arguments.iter().any(|argument| argument == "--serve") {
        return serve(&sandbox, &warehouse, &ca_file);
    }
    wizard(&sandbox, &warehouse, &folder, arguments)
}

fn wizard(
    sandbox: &Sandbox,
    warehouse: &Warehouse,
    folder: &Path,
    arguments: Vec<String>,
) -> ExitCode {
    let asks = std::io::stdin().is_terminal()
        && std::io::stderr().is_terminal()
        && !arguments
            .iter()
            .any(|argument| argument == "--no-input" || argument == "--yes");
    let text = |path: &Path| path.display().to_string();
    let mut argv = vec!["jmc-site".to_owned(), "init".to_owned()];
    argv.extend(["--site".to_owned(), text(&folder.join("jmc-site.json"))]);
    argv.extend(["--ca-file".to_owned(), text(&folder.join("ca.pem"))]);
    if asks {
        eprintln!(
            "sandbox: a JMC installation that exists only in this process. Try these answers:"
        );
        eprintln!("  endpoint {HOST}:5439/dev   user {USER}   password {PASSWORD}");
        eprintln!("  in the way: the buckets sales-elsewhere and someone-elses-bucket\n");
    } else {
        argv.extend(ANSWERS.iter().map(|answer| (*answer).to_owned()));
    }
    argv.extend(arguments);
    let dial = format!("127.0.0.1:{}", warehouse.port());
    let environment = Environment {
        variable: Box::new(move |name| match name {
            "JMC_SITE_REDSHIFT_DIAL" => Some(dial.clone()),
            "JMC_REDSHIFT_PASSWORD" if !asks => Some(PASSWORD.to_owned()),
            "LC_ALL" | "LC_MESSAGES" | "LANG" | "NO_COLOR" | "ACCESSIBLE" | "TERM" => {
                std::env::var(name).ok()
            }
            _ => None,
        }),
        sdk: Some(sandbox.sdk_config(REGION)),
        stdin: None,
        can_ask: Some(asks),
        ..Environment::of_process()
    };
    run(argv.into_iter().map(Into::into).collect(), &environment).into()
}

/// Serves until it is interrupted.
fn serve(sandbox: &Sandbox, warehouse: &Warehouse, ca_file: &Path) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let serving = match sandbox.serve().await {
            Ok(serving) => serving,
            Err(error) => {
                eprintln!("no loopback port: {error}");
                return ExitCode::FAILURE;
            }
        };
        for (name, value) in surroundings(&serving.url, warehouse.port()) {
            println!("export {name}={value}");
        }
        println!("unset AWS_PROFILE AWS_SESSION_TOKEN");
        println!("# endpoint {HOST}:5439/dev   user {USER}");
        println!("# jmc-site init --ca-file {}", ca_file.display());
        println!("# requests: {}/_sandbox/journal", serving.url);
        println!(
            "# what AWS remembers: {}/_sandbox/state   Ctrl-C ends",
            serving.url
        );
        let _ = tokio::signal::ctrl_c().await;
        ExitCode::SUCCESS
    })
}
