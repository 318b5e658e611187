//! Owns the command line: its flags and their help in both languages. Values
//! stay text here; `answers` reads them with the validators of the questions.

mod connection;
mod japanese;
mod site;

pub use connection::Connection;
pub use site::{
    AddBucket, Apply, Check, Consent, HomeArgs, LockArgs, LockCommand, PlanArgs, RemoveBucket, Undo,
};

use crate::messages::Lang;
use crate::ui::Output;
use clap::{Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand};
use japanese::japanese;
use std::ffi::OsString;
use std::path::PathBuf;

/// Set up a CSA JMC site on Amazon Redshift.
#[derive(Debug, Parser)]
#[command(name = "jmc-site", version, max_term_width = 100, after_help = EXIT_CODES_EN)]
pub struct Args {
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES_EN: &str = "Exit codes: 0 done or nothing to change; 1 failed, also in part, or blocked; 2 wrong usage or missing answers; 3 differences found; 130 interrupted.";
const EXIT_CODES_JA: &str = "終了コード: 0 完了または変更なし、1 失敗 (一部失敗、実行不可を含む)、2 使い方の誤りまたは回答の不足、3 差分あり、130 中断";

/// The site file where no other is named.
pub const SITE_FILE: &str = "jmc-site.json";

/// Options of every command.
#[derive(Debug, Default, ClapArgs)]
pub struct Common {
    /// Language of messages [default: from LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// AWS profile to use
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// AWS region of the warehouse, where its host name does not tell
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Send every AWS call to this URL
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Site file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = SITE_FILE
    )]
    pub site: PathBuf,
    /// Form of the result
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "human",
        value_name = "FORM"
    )]
    pub output: Output,
    /// Never ask; list every missing answer at once
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Print a line for each AWS call
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a site from the first question to the saved site file
    Init(Box<Init>),
    /// Add buckets to a site, with folders and access
    AddBucket(AddBucket),
    /// Take buckets out of a site; no bucket and no object is deleted
    RemoveBucket(RemoveBucket),
    /// Show what would make AWS match the site file; exit code 3 if something would
    Plan(PlanArgs),
    /// Make AWS match the site file; the way to go on after anything
    Apply(Apply),
    /// Check a site live and read-only; exit code 3 if something is wrong
    Check(Check),
    /// Put policies back as they were before the last run
    Undo(Undo),
    /// Show or release locks of roles
    #[command(subcommand)]
    Lock(LockCommand),
    /// Test the connection to the warehouse, phase by phase
    TestConnection(Box<TestConnection>),
}

/// Flags of `init`; every question has one.
#[derive(Debug, Default, ClapArgs)]
pub struct Init {
    /// Take answers from a file; a site file is one
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// Carry the plan out without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Name of the site, part of role and topic names
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub name: Option<String>,
    /// Where the warehouse is and who logs in.
    #[command(flatten)]
    pub connection: Connection,
    /// Leave the connection test out; the site file says so
    #[arg(long, help_heading = REDSHIFT)]
    pub skip_connection_test: bool,

    /// Notifications: system (JMC's own settings) or site
    #[arg(long, value_name = "USE", help_heading = NOTIFICATIONS)]
    pub notifications: Option<String>,
    /// Events to notify of: success, failure, maintenance
    #[arg(long, value_name = "EVENT", value_delimiter = ',', help_heading = NOTIFICATIONS)]
    pub notify_on: Vec<String>,
    /// Source code in notifications of abnormal ends: include or omit
    #[arg(long, value_name = "CHOICE", help_heading = NOTIFICATIONS)]
    pub source_code: Option<String>,
    /// Topic of an event: a name to create or an ARN to adopt [default: jmc-<site>-<event>]
    #[arg(long, value_name = "EVENT=TOPIC", help_heading = NOTIFICATIONS)]
    pub topic: Vec<String>,
    /// Subscription of an event's topic, such as failure=email:ops@example.com
    #[arg(long, value_name = "EVENT=PROTOCOL:ENDPOINT", help_heading = NOTIFICATIONS)]
    pub subscribe: Vec<String>,

    /// Data exchange bucket; created where it is missing
    #[arg(long, value_name = "BUCKET", help_heading = COMPONENTS)]
    pub data_bucket: Vec<String>,
    /// Folder of the data exchange bucket
    #[arg(long, value_name = "FOLDER", help_heading = COMPONENTS)]
    pub data_folder: Vec<String>,
    /// SQL bucket, with the folder sql/
    #[arg(long, value_name = "BUCKET", help_heading = COMPONENTS)]
    pub sql_bucket: Vec<String>,
    /// Program bucket, with the folder program/python/
    #[arg(long, value_name = "BUCKET", help_heading = COMPONENTS)]
    pub program_bucket: Vec<String>,
    /// Redshift IAM role: a name or an ARN; created where it is missing [default: jmc-<site>-redshift-role]
    #[arg(long, value_name = "ROLE", help_heading = COMPONENTS)]
    pub redshift_role: Option<String>,
    /// Path of a created role
    #[arg(long, value_name = "PATH", help_heading = COMPONENTS)]
    pub role_path: Option<String>,
    /// Permissions boundary of a created role
    #[arg(long, value_name = "ARN", help_heading = COMPONENTS)]
    pub permissions_boundary: Option<String>,
    /// ECS task IAM role [default: the one that ends with jmc-app-role]
    #[arg(long, value_name = "ROLE", help_heading = COMPONENTS)]
    pub ecs_task_role: Option<String>,
    /// Inline policy of the ECS task role [default: the one that ends with app-s3-policy]
    #[arg(long, value_name = "POLICY", help_heading = COMPONENTS)]
    pub ecs_task_policy: Option<String>,
    /// Lambda IAM role [default: the one that ends with jmc-api-role]
    #[arg(long, value_name = "ROLE", help_heading = COMPONENTS)]
    pub lambda_role: Option<String>,
    /// Inline policy of the Lambda role [default: the one that ends with app-s3-policy]
    #[arg(long, value_name = "POLICY", help_heading = COMPONENTS)]
    pub lambda_policy: Option<String>,
    /// Tag for everything that is created
    #[arg(long, value_name = "KEY=VALUE", help_heading = COMPONENTS)]
    pub tag: Vec<String>,
    /// Home of the grants
    #[command(flatten)]
    pub home: HomeArgs,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `test-connection`; what is not given is taken from the site file.
#[derive(Debug, Default, ClapArgs)]
pub struct TestConnection {
    /// Where the warehouse is and who logs in.
    #[command(flatten)]
    pub connection: Connection,
    /// Schema that the user should be able to use
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub schema: Option<String>,
}

const REDSHIFT: &str = "Redshift接続";
const NOTIFICATIONS: &str = "ジョブ実行通知";
const COMPONENTS: &str = "構成要素設定";

/// Returns the command line's definition with help in a language.
pub fn definition(lang: Lang) -> clap::Command {
    let command = Args::command();
    if lang == Lang::En {
        return command;
    }
    let version = clap::Arg::new("version")
        .long("version")
        .short('V')
        .action(clap::ArgAction::Version)
        .help(japanese("version").unwrap_or_default());
    translated(command)
        .disable_version_flag(true)
        .arg(version.help_heading(OPTIONS_JA))
        .after_help(EXIT_CODES_JA)
}

const OPTIONS_JA: &str = "オプション";

/// clap's own layout, with its English word for usage replaced.
const TEMPLATE_JA: &str = "{about-with-newline}\n使い方: {usage}\n\n{all-args}{after-help}";

fn translated(command: clap::Command) -> clap::Command {
    let name = command.get_name().to_owned();
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .arg(
            clap::Arg::new("help")
                .long("help")
                .short('h')
                .action(clap::ArgAction::Help)
                .help(japanese("help").unwrap_or_default()),
        )
        .help_template(TEMPLATE_JA)
        .subcommand_help_heading("コマンド")
        .mut_args(|arg| {
            let arg = match japanese(arg.get_id().as_str()) {
                Some(help) => arg.help(help),
                None => arg,
            };
            let arg = match arg.get_help_heading() {
                Some(_) => arg,
                None => arg.help_heading(OPTIONS_JA),
            };
            // clap describes them in English; the help does it in words.
            if arg.get_action().takes_values() {
                arg.hide_possible_values(true).hide_default_value(true)
            } else {
                arg
            }
        });
    let command = match japanese(&name) {
        Some(about) => command.about(about),
        None => command,
    };
    command.mut_subcommands(translated)
}

/// Returns the language that the arguments ask for, before they are read as a whole:
/// a complaint about them should be in it already.
pub fn language(argv: &[OsString], fallback: Lang) -> Lang {
    match early(argv, "--lang", &["ja", "en"]) {
        Some("ja") => Lang::Ja,
        Some(_) => Lang::En,
        None => fallback,
    }
}

/// Returns the form of the result that the arguments ask for, likewise.
pub fn output(argv: &[OsString]) -> Output {
    match early(argv, "--output", &["human", "json"]) {
        Some("json") => Output::Json,
        _ => Output::Human,
    }
}

/// Returns the first of these values that a flag has.
fn early<'a>(argv: &'a [OsString], flag: &str, values: &[&str]) -> Option<&'a str> {
    let mut words = argv.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let value = match word.strip_prefix(flag) {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(value) = value.filter(|value| values.contains(value)) {
            return Some(value);
        }
    }
    None
}

/// Reads the command line.
pub fn parse(argv: Vec<OsString>, lang: Lang) -> Result<Args, clap::Error> {
    let matches = definition(lang).try_get_matches_from(argv)?;
    Args::from_arg_matches(&matches)
}

#[cfg(test)]
mod tests {
    use super::japanese::JAPANESE;
    use super::*;
    use crate::prompt::{Event, QuestionId};
    use std::collections::BTreeSet;

    fn ids(command: &clap::Command, found: &mut BTreeSet<String>) {
        found.insert(command.get_name().to_owned());
        found.extend(command.get_arguments().map(|arg| arg.get_id().to_string()));
        for command in command.get_subcommands() {
            ids(command, found);
        }
    }

    #[test]
    fn every_flag_and_command_has_help_in_japanese() {
        let mut command = Args::command();
        command.build();
        let mut found = BTreeSet::new();
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            found.insert(command.get_name().to_owned());
            found.extend(command.get_arguments().map(|arg| arg.get_id().to_string()));
        }
        found.remove("help");
        for id in found {
            assert!(japanese(&id).is_some(), "{id} has no help in Japanese");
        }
        let mut all = BTreeSet::new();
        ids(&command, &mut all);
        for (id, _) in JAPANESE {
            assert!(*id == "help" || all.contains(*id), "{id} is no argument");
        }
    }

    #[test]
    fn both_definitions_are_sound() {
        definition(Lang::En).debug_assert();
        definition(Lang::Ja).debug_assert();
    }

    #[test]
    fn the_flag_of_every_question_exists() {
        let mut command = Args::command();
        command.build();
        let flags: BTreeSet<String> = command
            .get_subcommands()
            .flat_map(|command| command.get_arguments())
            .filter_map(|arg| arg.get_long().map(|long| format!("--{long}")))
            .collect();
        let questions = [
            QuestionId::Account,
            QuestionId::SiteName,
            QuestionId::Host,
            QuestionId::Port,
            QuestionId::Database,
            QuestionId::User,
            QuestionId::Password,
            QuestionId::WarehouseKind,
            QuestionId::Cluster,
            QuestionId::Workgroup,
            QuestionId::Region,
            QuestionId::Notifications,
            QuestionId::Events,
            QuestionId::SourceCode,
            QuestionId::Topic(Event::Failure),
            QuestionId::Subscription(Event::Failure),
            QuestionId::DataBucket,
            QuestionId::DataFolder,
            QuestionId::SqlBucket,
            QuestionId::ProgramBucket,
            QuestionId::RedshiftRole,
            QuestionId::EcsTaskRole,
            QuestionId::EcsTaskPolicy,
            QuestionId::LambdaRole,
            QuestionId::LambdaPolicy,
            QuestionId::Apply,
        ];
        for question in questions {
            let flag = question.flag().unwrap_or_default();
            assert!(
                flags.contains(flag),
                "{flag} of {question:?} does not exist"
            );
        }
    }
}
