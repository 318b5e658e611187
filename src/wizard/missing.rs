//! Owns what must be answered where nothing may be asked: a pure look at the answers.

use crate::answers::{Answers, NotificationSource};
use crate::prompt::QuestionId;
use crate::redshift::Endpoint;
use crate::site::{BucketKind, ConnectionTest};

/// Returns every question without an answer and without a default, in the order of asking.
pub fn missing(answers: &Answers, has_password: bool) -> Vec<QuestionId> {
    let mut found = Vec::new();
    let mut need = |present: bool, question: QuestionId| {
        if !present {
            found.push(question);
        }
    };
    let redshift = &answers.redshift;
    need(answers.name.is_some(), QuestionId::SiteName);
    need(redshift.host.is_some(), QuestionId::Host);
    if let Some(host) = &redshift.host {
        let endpoint = Endpoint::classify(host);
        need(
            endpoint.region().is_some() || answers.region.is_some(),
            QuestionId::Region,
        );
        let (known, serverless) = match endpoint {
            Endpoint::Provisioned { .. } | Endpoint::Serverless { .. } => (true, false),
            Endpoint::ProvisionedVpcEndpoint { .. } => (false, false),
            Endpoint::ServerlessVpcEndpoint { .. } => (false, true),
            Endpoint::PrivateLink { .. } | Endpoint::Custom => {
                (false, answers.serverless.unwrap_or_default())
            }
        };
        let question = if serverless {
            QuestionId::Workgroup
        } else {
            QuestionId::Cluster
        };
        need(known || redshift.warehouse.is_some(), question);
    }
    need(redshift.database.is_some(), QuestionId::Database);
    need(redshift.user.is_some(), QuestionId::User);
    let skipped = redshift.connection_test == Some(ConnectionTest::Skipped);
    need(has_password || skipped, QuestionId::Password);
    let notifications = &answers.notifications;
    // An event with its topic says as much as the choice itself.
    let own = notifications.source == Some(NotificationSource::Site)
        || (notifications.source.is_none() && notifications.topics.is_some());
    need(
        notifications.source.is_some() || own,
        QuestionId::Notifications,
    );
    if own {
        need(
            notifications
                .topics
                .as_ref()
                .is_some_and(|topics| !topics.is_empty()),
            QuestionId::Events,
        );
        need(notifications.source_code.is_some(), QuestionId::SourceCode);
    }
    for (kind, question) in [
        (BucketKind::Data, QuestionId::DataBucket),
        (BucketKind::Sql, QuestionId::SqlBucket),
        (BucketKind::Program, QuestionId::ProgramBucket),
    ] {
        need(!answers.buckets_of(kind).is_empty(), question);
        if kind == BucketKind::Data {
            let folders = answers.folders.is_some()
                || answers
                    .buckets
                    .iter()
                    .any(|bucket| !bucket.folders.is_empty());
            need(folders, QuestionId::DataFolder);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_any_answer_every_needed_flag_is_named_once() {
        let flags: Vec<_> = missing(&Answers::default(), false)
            .into_iter()
            .filter_map(QuestionId::flag)
            .collect();
        assert_eq!(
            flags,
            [
                "--name",
                "--host",
                "--database",
                "--user",
                "--password-stdin",
                "--notifications",
                "--data-bucket",
                "--data-folder",
                "--sql-bucket",
                "--program-bucket"
            ]
        );
    }

    #[test]
    fn a_custom_host_needs_region_and_cluster() {
        let mut answers = Answers::default();
        answers.redshift.host = Some("dwh.example.com".to_owned());
        let missing = missing(&answers, true);
        assert!(missing.contains(&QuestionId::Region));
        assert!(missing.contains(&QuestionId::Cluster));
    }
}
