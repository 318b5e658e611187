//! Owns asking: what a question is, and the trait that puts one to a person or
//! to a script. It knows nothing of AWS and decides nothing.

mod answer;
#[cfg(unix)]
mod echo;
pub mod scripted;
pub mod terminal;

use crate::error::Error;
use crate::messages::Text;
use crate::secret::Secret;

/// An event of a job that JMC can notify of.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A job succeeded.
    Success,
    /// A job failed.
    Failure,
    /// Maintenance of JMC.
    Maintenance,
}

/// Every question that can be asked, by what it asks for and never by its wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuestionId {
    /// Whether to go on in the account of the banner.
    Account,
    /// The site's name.
    SiteName,
    /// Redshift's address.
    Host,
    /// Redshift's port.
    Port,
    /// The database.
    Database,
    /// The database user.
    User,
    /// The database password.
    Password,
    /// Provisioned or Serverless, where the address does not tell.
    WarehouseKind,
    /// The cluster, where the address does not tell.
    Cluster,
    /// The workgroup, where the address does not tell.
    Workgroup,
    /// The warehouse's region, where the address does not tell.
    Region,
    /// What to do after a failed connection test.
    AfterFailedTest,
    /// System settings or this site's own notifications.
    Notifications,
    /// The events that are notified.
    Events,
    /// Whether the source code is included when a job ends abnormally.
    SourceCode,
    /// The topic of an event.
    Topic(Event),
    /// A subscription of an event's topic.
    Subscription(Event),
    /// The data exchange bucket.
    DataBucket,
    /// A folder of the data exchange bucket.
    DataFolder,
    /// The SQL bucket.
    SqlBucket,
    /// The program bucket.
    ProgramBucket,
    /// The Redshift IAM role.
    RedshiftRole,
    /// The ECS task IAM role.
    EcsTaskRole,
    /// The inline policy of the ECS task role.
    EcsTaskPolicy,
    /// The Lambda IAM role.
    LambdaRole,
    /// The inline policy of the Lambda role.
    LambdaPolicy,
    /// What a bucket that is added is for.
    BucketKind,
    /// Whether a further bucket is added.
    AnotherBucket,
    /// Whether the grants move into managed policies, where the inline ones are full.
    PolicyHome,
    /// A section of the review to answer again.
    Review,
    /// Whether to carry the plan out.
    Apply,
}

impl QuestionId {
    /// Returns the flag that answers this question, where there is one.
    pub fn flag(self) -> Option<&'static str> {
        Some(match self {
            Self::Account | Self::Apply => "--yes",
            Self::SiteName => "--name",
            Self::Host => "--host",
            Self::Port => "--port",
            Self::Database => "--database",
            Self::User => "--user",
            Self::Password => "--password-stdin",
            Self::WarehouseKind => "--warehouse",
            Self::Cluster => "--cluster",
            Self::Workgroup => "--workgroup",
            Self::Region => "--region",
            Self::Notifications => "--notifications",
            Self::Events => "--notify-on",
            Self::SourceCode => "--source-code",
            Self::Topic(_) => "--topic",
            Self::Subscription(_) => "--subscribe",
            Self::DataBucket => "--data-bucket",
            Self::DataFolder => "--data-folder",
            Self::SqlBucket => "--sql-bucket",
            Self::ProgramBucket => "--program-bucket",
            Self::RedshiftRole => "--redshift-role",
            Self::EcsTaskRole => "--ecs-task-role",
            Self::EcsTaskPolicy => "--ecs-task-policy",
            Self::LambdaRole => "--lambda-role",
            Self::LambdaPolicy => "--lambda-policy",
            Self::BucketKind => "--bucket",
            Self::PolicyHome => "--policy-home",
            Self::AfterFailedTest | Self::AnotherBucket | Self::Review => return None,
        })
    }
}

/// A rule that a typed answer must keep; the sentence says which it broke.
pub type Rule<'a> = &'a dyn Fn(&str) -> Result<(), Text>;

/// Puts questions to somebody who answers.
///
/// Every method fails with `JMC-INTERRUPTED` when the person gives up (Ctrl-C, Ctrl-D).
pub trait Prompter {
    /// Asks for a line of text, asking again with the reason until the rule is kept.
    ///
    /// The answer is trimmed; an empty line takes the default where there is one.
    fn text(
        &mut self,
        id: QuestionId,
        question: &Text,
        default: Option<&str>,
        rule: Rule<'_>,
    ) -> Result<String, Error>;

    /// Asks for a secret; nothing of it is shown. `None` means that the line was empty.
    fn secret(&mut self, id: QuestionId, question: &Text) -> Result<Option<Secret>, Error>;

    /// Asks yes or no.
    fn confirm(&mut self, id: QuestionId, question: &Text, default: bool) -> Result<bool, Error>;

    /// Asks for one of several items and returns its index.
    fn select(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        default: usize,
    ) -> Result<usize, Error>;

    /// Asks for any number of several items and returns their indices in order.
    fn select_many(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>, Error>;
}
