//! Runs in this process, with a script in the place of a person.

use super::paper::Paper;
use super::{ENDPOINT, Ended, World};
use crate::sandbox::REGION;
use crate::warehouse::{PASSWORD, USER};
use aws_types::SdkConfig;
use jmc_site::messages::{Lang, Text};
use jmc_site::prompt::scripted::{Asked, Reply, Scripted};
use jmc_site::prompt::{Event, QuestionId};
use jmc_site::ui::{Output, Ui};
use jmc_site::{Environment, run};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A run that is being prepared.
pub struct Run<'w> {
    world: &'w World,
    arguments: Vec<String>,
    replies: Vec<(QuestionId, Reply)>,
    variables: BTreeMap<String, String>,
    stdin: Vec<u8>,
    sdk: SdkConfig,
    runtime: Option<Arc<Runtime>>,
    asks: bool,
}

/// How a run with a script ended.
pub struct Told {
    /// How it ended.
    pub ended: Ended,
    /// The questions, in order.
    pub asked: Vec<Asked>,
    /// The replies that were refused.
    pub refused: Vec<(QuestionId, Text)>,
}

/// What an operator who sets up the site `sales` answers, question by question.
pub fn sales() -> Vec<(QuestionId, Reply)> {
    use QuestionId as Q;
    let typed = |text: &str| Reply::Type(text.to_owned());
    vec![
        (Q::Account, Reply::Say(true)),
        (Q::SiteName, typed("sales")),
        (Q::Host, typed(ENDPOINT)),
        (Q::User, typed(USER)),
        (Q::Password, typed(PASSWORD)),
        (Q::Notifications, Reply::Pick(1)),
        (Q::Events, Reply::PickSome(vec![1])),
        (Q::SourceCode, Reply::Say(false)),
        (Q::Topic(Event::Failure), Reply::Enter),
        (
            Q::Subscription(Event::Failure),
            typed("email:ops@example.com"),
        ),
        (Q::Subscription(Event::Failure), Reply::Enter),
        (Q::DataBucket, typed("s3://sales-jmc-data/")),
        (Q::DataFolder, typed("import")),
        (Q::DataFolder, typed("export")),
        (Q::DataFolder, Reply::Enter),
        (Q::SqlBucket, typed("s3://sales-jmc-sql")),
        (Q::ProgramBucket, typed("sales-jmc-program")),
        (Q::RedshiftRole, Reply::Enter),
        (Q::Review, Reply::Enter),
        (Q::Apply, Reply::Say(true)),
    ]
}

impl World {
    /// Prepares `init` with a person who answers nothing yet.
    pub fn wizard(&self) -> Run<'_> {
        self.asked("init")
    }

    /// Prepares any command with a person who answers nothing yet.
    pub fn asked(&self, command: &str) -> Run<'_> {
        let text = |path: std::path::PathBuf| path.display().to_string();
        let arguments = ["jmc-site", command, "--verbose", "--lang", "en"]
            .map(str::to_owned)
            .into_iter()
            .chain(["--site".to_owned(), text(self.site_file())])
            .chain(["--ca-file".to_owned(), text(self.ca_file())]);
        let dial = format!("127.0.0.1:{}", self.warehouse.port());
        Run {
            world: self,
            arguments: arguments.collect(),
            replies: Vec::new(),
            variables: BTreeMap::from([("JMC_SITE_REDSHIFT_DIAL".to_owned(), dial)]),
            stdin: Vec::new(),
            sdk: self.sandbox.sdk_config(REGION),
            runtime: None,
            asks: true,
        }
    }

    /// Prepares another command with a person who answers nothing yet.
    pub fn asks(&self, command: &str) -> Run<'_> {
        let mut run = self.wizard();
        let site = self.site_file().display().to_string();
        run.arguments = ["jmc-site", command, "--lang", "en", "--site", &site]
            .map(str::to_owned)
            .into();
        run
    }

    /// Prepares `init` with the person who sets up the site `sales`.
    pub fn sales(&self) -> Run<'_> {
        self.wizard().replies(sales())
    }
}

impl Run<'_> {
    /// Adds replies.
    pub fn replies(mut self, replies: Vec<(QuestionId, Reply)>) -> Self {
        self.replies.extend(replies);
        self
    }

    /// Adds a reply; several to one question are given in their order.
    pub fn reply(mut self, id: QuestionId, reply: impl Into<Reply>) -> Self {
        self.replies.push((id, reply.into()));
        self
    }

    /// Gives a reply ahead of those that there are already to its question.
    pub fn first(mut self, id: QuestionId, reply: impl Into<Reply>) -> Self {
        let at = self.replies.iter().position(|(known, _)| *known == id);
        self.replies
            .insert(at.unwrap_or(self.replies.len()), (id, reply.into()));
        self
    }

    /// Takes all replies to a question back and gives these.
    pub fn instead<R: Into<Reply>>(
        mut self,
        id: QuestionId,
        replies: impl IntoIterator<Item = R>,
    ) -> Self {
        self.replies.retain(|(known, _)| *known != id);
        self.replies
            .extend(replies.into_iter().map(|reply| (id, reply.into())));
        self
    }

    /// Takes all replies to these questions back.
    pub fn without(mut self, ids: &[QuestionId]) -> Self {
        self.replies.retain(|(known, _)| !ids.contains(known));
        self
    }

    /// Adds arguments.
    pub fn arguments<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Reaches AWS another way.
    pub fn sdk(mut self, sdk: SdkConfig) -> Self {
        self.sdk = sdk;
        self
    }

    /// Runs on a clock that stands still while anything is done, and leaps where something is waited for.
    pub fn paused(mut self) -> Self {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build();
        self.runtime = Some(Arc::new(runtime.expect("a runtime")));
        self
    }

    /// Leaves nobody to be asked.
    pub fn nobody(mut self) -> Self {
        self.asks = false;
        self
    }

    /// Runs, and asserts that every reply was used.
    #[track_caller]
    pub fn told(self) -> Told {
        let (out, err) = (Paper::default(), Paper::default());
        let sinks: [Box<dyn Write + Send>; 2] = [Box::new(out.clone()), Box::new(err.clone())];
        let [out_sink, err_sink] = sinks;
        let mut script = Scripted::default();
        for (id, reply) in self.replies {
            script = script.reply(id, reply);
        }
        let variables = self.variables;
        let exit = {
            let environment = Environment {
                variable: Box::new(move |name| variables.get(name).cloned()),
                sdk: Some(self.sdk),
                stdin: Some(self.stdin),
                can_ask: Some(self.asks),
                prompter: Some(RefCell::new(&mut script)),
                ui: Some(Ui::to(Lang::En, Output::Human, out_sink, err_sink)),
                signals: false,
                runtime: self.runtime,
            };
            run(
                self.arguments.into_iter().map(Into::into).collect(),
                &environment,
            )
        };
        let ended = Ended {
            exit: exit as i32,
            out: out.text(),
            err: err.text(),
        };
        self.world.hold(&ended);
        let (asked, refused) = (script.asked().to_vec(), script.refused().to_vec());
        if let Err(error) = script.finish() {
            panic!("{error}\nstdout:\n{}\nstderr:\n{}", ended.out, ended.err);
        }
        Told {
            ended,
            asked,
            refused,
        }
    }

    /// Runs, and returns how it ended.
    #[track_caller]
    pub fn end(self) -> Ended {
        self.told().ended
    }
}

impl Told {
    /// Returns the codes with which replies to a question were refused, in order.
    pub fn codes(&self, id: QuestionId) -> Vec<&'static str> {
        self.refused
            .iter()
            .filter(|(refused, _)| *refused == id)
            .map(|(_, reason)| reason.code().unwrap_or(reason.key()))
            .collect()
    }

    /// Returns the defaults that were offered for a question, in order.
    pub fn defaults(&self, id: QuestionId) -> Vec<&str> {
        self.asked
            .iter()
            .filter(|asked| asked.id == id)
            .map(|asked| asked.default.as_deref().unwrap_or_default())
            .collect()
    }

    /// Returns how often a question was put.
    pub fn times(&self, id: QuestionId) -> usize {
        self.asked.iter().filter(|asked| asked.id == id).count()
    }
}
