//! Owns the command line: its flags and their help in both languages. Values
//! stay text here; `answers` reads them with the validators of the questions.

use crate::error::{Error, Result};
use crate::messages::{Lang, error as msg};
use crate::site::names::BucketName;
use crate::ui::Output;
use clap::{Args as ClapArgs, CommandFactory, FromArgMatches, Parser, Subcommand};
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
        default_value = "jmc-site.json"
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
}

/// How roles are guarded while their policies are written.
#[derive(Debug, Default, ClapArgs)]
pub struct LockArgs {
    /// Bucket to lock roles in [default: the system bucket that the roles' policies name]
    #[arg(long, value_name = "BUCKET", conflicts_with = "no_lock")]
    pub lock_bucket: Option<String>,
    /// Write policies without a lock against other operators
    #[arg(long)]
    pub no_lock: bool,
}

impl LockArgs {
    /// Reads `--lock-bucket`.
    pub fn bucket(&self) -> Result<Option<BucketName>> {
        match &self.lock_bucket {
            Some(name) => BucketName::parse(name)
                .map(Some)
                .map_err(|reason| Error::usage(msg::flag("--lock-bucket", reason))),
            None => Ok(None),
        }
    }
}

/// How a changing command goes on without or with questions.
#[derive(Debug, Default, ClapArgs)]
pub struct Consent {
    /// Carry the plan out without asking
    #[arg(long, short)]
    pub yes: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `add-bucket`.
#[derive(Debug, Default, ClapArgs)]
pub struct AddBucket {
    /// Bucket to add, by what it is for: data, sql or program
    #[arg(long, value_name = "KIND=BUCKET")]
    pub bucket: Vec<String>,
    /// Folder of the data exchange buckets that are added
    #[arg(long, value_name = "FOLDER")]
    pub data_folder: Vec<String>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `remove-bucket`.
#[derive(Debug, Default, ClapArgs)]
pub struct RemoveBucket {
    /// Bucket to take out; with KIND= only from that use
    #[arg(long, value_name = "[KIND=]BUCKET", required = true)]
    pub bucket: Vec<String>,
    /// Site file of another site whose needs are respected
    #[arg(long, value_name = "FILE")]
    pub also: Vec<PathBuf>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `plan`.
#[derive(Debug, Default, ClapArgs)]
pub struct PlanArgs {
    /// Save the plan for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `apply`.
#[derive(Debug, Default, ClapArgs)]
pub struct Apply {
    /// Plan saved by `plan --out`; carried out exactly, or refused if AWS has changed
    #[arg(id = "plan_file", value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// Flags of `check`.
#[derive(Debug, Default, ClapArgs)]
pub struct Check {
    /// Site files to check [default: the file of --site]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Report only findings of this code
    #[arg(long, value_name = "CODE")]
    pub only: Vec<String>,
    /// Write a JUnit XML report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Read the database password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Seconds that each phase of the connection test may take [default: DNS 5, TCP and TLS 10, login and query 30]
    #[arg(long, value_name = "SECONDS")]
    pub connect_timeout: Option<String>,
    /// Leave the connection test out
    #[arg(long)]
    pub skip_connection_test: bool,
}

/// Flags of `undo`.
#[derive(Debug, Default, ClapArgs)]
pub struct Undo {
    /// Whether it is carried out
    #[command(flatten)]
    pub consent: Consent,
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

/// What to do with locks.
#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Show who holds the locks of the site's roles
    Show(LockArgs),
    /// Release a lock whose run is dead
    Release {
        /// Id of the lock, as shown
        #[arg(long, value_name = "ID")]
        id: String,
        /// Locks
        #[command(flatten)]
        lock: LockArgs,
    },
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
    /// Redshift endpoint: host, host:port, host:port/database, or a JDBC URL
    #[arg(long, value_name = "HOST", help_heading = REDSHIFT)]
    pub host: Option<String>,
    /// Redshift port [default: 5439]
    #[arg(long, value_name = "PORT", help_heading = REDSHIFT)]
    pub port: Option<String>,
    /// Database
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub database: Option<String>,
    /// Database user
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub user: Option<String>,
    /// Read the database password from standard input
    #[arg(long, help_heading = REDSHIFT)]
    pub password_stdin: bool,
    /// Kind of warehouse where the host does not tell: provisioned or serverless
    #[arg(long, value_name = "KIND", help_heading = REDSHIFT)]
    pub warehouse: Option<String>,
    /// Cluster identifier where the host does not tell
    #[arg(long, value_name = "ID", help_heading = REDSHIFT, conflicts_with = "workgroup")]
    pub cluster: Option<String>,
    /// Serverless workgroup where the host does not tell
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub workgroup: Option<String>,
    /// TLS checks: verify-full, verify-ca, require, or disable (loopback only) [default: verify-full]
    #[arg(long, value_name = "MODE", help_heading = REDSHIFT)]
    pub tls: Option<String>,
    /// PEM file of further certificate authorities
    #[arg(long, value_name = "FILE", help_heading = REDSHIFT)]
    pub ca_file: Option<PathBuf>,
    /// Name to expect in the certificate, for CNAMEs, tunnels and addresses
    #[arg(long, value_name = "NAME", help_heading = REDSHIFT)]
    pub tls_server_name: Option<String>,
    /// Seconds that each phase of the connection test may take [default: DNS 5, TCP and TLS 10, login and query 30]
    #[arg(long, value_name = "SECONDS", help_heading = REDSHIFT)]
    pub connect_timeout: Option<String>,
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
    /// Locks
    #[command(flatten)]
    pub lock: LockArgs,
}

const REDSHIFT: &str = "Redshift接続";
const NOTIFICATIONS: &str = "ジョブ実行通知";
const COMPONENTS: &str = "構成要素設定";

/// Help in Japanese, by the argument's or command's id.
const JAPANESE: &[(&str, &str)] = &[
    (
        "jmc-site",
        "Amazon Redshiftを使用するCSA JMCのサイトを設定します",
    ),
    (
        "init",
        "最初の質問からサイトファイルの保存まで、サイトの設定をすべて行います",
    ),
    (
        "lang",
        "メッセージの言語 [デフォルト: LC_ALL、LC_MESSAGES、LANG に従う]",
    ),
    ("profile", "使用するAWSプロファイル"),
    (
        "region",
        "Redshiftのリージョン (ホスト名から判別できない場合)",
    ),
    ("endpoint_url", "AWSへの呼び出しをすべてこのURLに送信"),
    ("site", "サイトファイル"),
    ("output", "結果の形式"),
    ("no_input", "質問せず、不足している回答をまとめて表示"),
    ("verbose", "AWSの呼び出しを1行ずつ表示"),
    (
        "answers",
        "回答をファイルから読み込む (サイトファイルも使用可)",
    ),
    ("yes", "確認せずに計画を実行"),
    ("dry_run", "計画だけを表示し、何も変更しない"),
    ("name", "サイト名 (ロール名とトピック名の一部になる)"),
    (
        "host",
        "Redshift接続先URL (ホスト、ホスト:ポート、ホスト:ポート/データベース、JDBC URL)",
    ),
    ("port", "Redshift接続ポート番号 [デフォルト: 5439]"),
    ("database", "Redshift接続データベース名"),
    ("user", "Redshift接続ユーザー名"),
    (
        "password_stdin",
        "Redshift接続パスワードを標準入力から読み込む",
    ),
    (
        "warehouse",
        "Redshiftの種類 (ホスト名から判別できない場合): provisioned または serverless",
    ),
    ("cluster", "クラスター識別子 (ホスト名から判別できない場合)"),
    (
        "workgroup",
        "Serverlessのワークグループ名 (ホスト名から判別できない場合)",
    ),
    (
        "tls",
        "TLSの検証: verify-full、verify-ca、require、disable (ループバックのみ) [デフォルト: verify-full]",
    ),
    ("ca_file", "追加の認証局証明書のPEMファイル"),
    (
        "tls_server_name",
        "証明書に記載されている名前 (CNAME、トンネル、IPアドレスの場合)",
    ),
    (
        "connect_timeout",
        "接続テストの各段階の制限時間 (秒) [デフォルト: 名前解決 5、TCPとTLS 10、ログインと問い合わせ 30]",
    ),
    (
        "skip_connection_test",
        "接続テストを省略し、サイトファイルに記録",
    ),
    (
        "notifications",
        "ジョブ実行通知: system (システム設定を使用) または site (サイト独自)",
    ),
    ("notify_on", "通知タイミング: success、failure、maintenance"),
    (
        "source_code",
        "異常終了時のソースコード記載: include または omit",
    ),
    (
        "topic",
        "通知用SNSトピック: 作成する名前、または既存のARN [デフォルト: jmc-<サイト>-<イベント>]",
    ),
    (
        "subscribe",
        "トピックの通知先 (例: failure=email:ops@example.com)",
    ),
    (
        "data_bucket",
        "データ連携用S3バケット (存在しない場合は作成)",
    ),
    ("data_folder", "データ連携用S3バケットのフォルダ"),
    ("sql_bucket", "構成要素(SQL)用S3バケット (フォルダ sql/)"),
    (
        "program_bucket",
        "構成要素(プログラム)用S3バケット (フォルダ program/python/)",
    ),
    (
        "redshift_role",
        "Redshift IAMロールの名前またはARN (存在しない場合は作成) [デフォルト: jmc-<サイト>-redshift-role]",
    ),
    ("role_path", "作成するロールのパス"),
    ("permissions_boundary", "作成するロールのアクセス許可の境界"),
    (
        "ecs_task_role",
        "ECSタスク IAMロール [デフォルト: jmc-app-role で終わるロール]",
    ),
    (
        "ecs_task_policy",
        "ECSタスク IAMロールのインラインポリシー [デフォルト: app-s3-policy で終わるポリシー]",
    ),
    (
        "lambda_role",
        "Lambda IAMロール [デフォルト: jmc-api-role で終わるロール]",
    ),
    (
        "lambda_policy",
        "Lambda IAMロールのインラインポリシー [デフォルト: app-s3-policy で終わるポリシー]",
    ),
    ("tag", "作成するリソースに付けるタグ"),
    (
        "add-bucket",
        "サイトにバケットを追加し、フォルダとアクセス権限を設定します",
    ),
    (
        "remove-bucket",
        "サイトからバケットを外します (バケットとオブジェクトは削除しません)",
    ),
    (
        "plan",
        "サイトファイルに合わせるための変更を表示します (変更がある場合の終了コードは 3)",
    ),
    (
        "apply",
        "AWSをサイトファイルに合わせます (中断後の続行にも使用します)",
    ),
    (
        "check",
        "サイトの状態を読み取り専用で確認します (問題がある場合の終了コードは 3)",
    ),
    ("undo", "直前の実行で変更したポリシーを元に戻します"),
    ("lock", "ロールのロックを表示または解放します"),
    ("show", "サイトのロールのロックを表示します"),
    ("release", "実行がすでに終了しているロックを解放します"),
    ("bucket", "対象のバケット (用途: data、sql、program)"),
    ("also", "同じバケットを必要とする別のサイトのサイトファイル"),
    ("out", "計画を apply 用に保存"),
    (
        "plan_file",
        "plan --out で保存した計画 (AWSが変わっている場合は実行しない)",
    ),
    (
        "files",
        "確認するサイトファイル [デフォルト: --site のファイル]",
    ),
    ("only", "指定したコードの結果だけを表示"),
    ("junit", "JUnit XML形式のレポートを保存"),
    ("id", "表示されたロックのID"),
    (
        "lock_bucket",
        "ロールのロックに使用するバケット [デフォルト: ロールのポリシーにあるシステム用バケット]",
    ),
    ("no_lock", "ほかの操作者との競合を防ぐロックを使用しない"),
    ("help", "ヘルプを表示"),
    ("version", "バージョンを表示"),
];

fn japanese(id: &str) -> Option<&'static str> {
    JAPANESE
        .iter()
        .find(|(key, _)| *key == id)
        .map(|(_, text)| *text)
}

/// Returns the command line's definition with help in a language.
pub fn definition(lang: Lang) -> clap::Command {
    let command = Args::command();
    if lang == Lang::En {
        return command;
    }
    translated(command).after_help(EXIT_CODES_JA)
}

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
        .mut_args(|arg| match japanese(arg.get_id().as_str()) {
            Some(help) => arg.help(help),
            None => arg,
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
pub fn parse(argv: Vec<OsString>, lang: Lang) -> std::result::Result<Args, clap::Error> {
    let matches = definition(lang).try_get_matches_from(argv)?;
    Args::from_arg_matches(&matches)
}

#[cfg(test)]
mod tests {
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
