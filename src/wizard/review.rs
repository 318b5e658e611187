//! Owns the review: every answer on one screen, and the choice of a section to
//! answer again.

use super::{Wizard, notifications::event_label};
use crate::answers::NotificationSource;
use crate::error::Result;
use crate::messages::init as say;
use crate::prompt::QuestionId;
use crate::site::BucketKind;
use crate::ui::pad;

/// What comes after the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The plan.
    Done,
    /// 「Redshift接続」 again.
    Redshift,
    /// 「ジョブ実行通知」 again.
    Notifications,
    /// 「構成要素設定」 again.
    Components,
}

/// Shows the answers and asks for a section to answer again.
pub fn ask(wizard: &mut Wizard<'_>) -> Result<Next> {
    wizard.ui.heading(&say::section_review());
    for (label, lines) in [
        (say::review_redshift(), redshift(wizard)),
        (say::review_notifications(), notifications(wizard)),
        (say::review_components(), components(wizard)),
    ] {
        let label = wizard.ui.text(&label).to_owned();
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label.as_str() } else { "" };
            wizard.ui.line(&format!("  {}  {line}", pad(label, 21)));
        }
    }
    let items = [
        say::review_go_on(),
        say::review_redshift(),
        say::review_notifications(),
        say::review_components(),
    ];
    let chosen = wizard.select(QuestionId::Review, say::ask_review(), &items, 0)?;
    Ok(match chosen {
        1 => Next::Redshift,
        2 => Next::Notifications,
        3 => Next::Components,
        _ => Next::Done,
    })
}

fn redshift(wizard: &Wizard<'_>) -> Vec<String> {
    let answers = &wizard.answers.redshift;
    let text = |value: Option<String>| value.unwrap_or_default();
    let mut lines = vec![
        text(answers.host.clone()),
        format!(
            "{}  {}  {}",
            text(answers.port.map(|port| port.to_string())),
            text(answers.database.as_ref().map(ToString::to_string)),
            text(answers.user.as_ref().map(ToString::to_string)),
        ),
    ];
    if let Some(source) = &answers.password {
        let note = say::review_password(source.label());
        lines.push(wizard.ui.text(&note).to_owned());
    }
    lines
}

fn notifications(wizard: &Wizard<'_>) -> Vec<String> {
    let answers = &wizard.answers.notifications;
    if answers.source != Some(NotificationSource::Site) {
        return vec![wizard.ui.text(&say::notifications_system()).to_owned()];
    }
    let topics = answers.topics.iter().flatten();
    topics
        .map(|(event, topic)| {
            let count = topic
                .subscriptions
                .as_ref()
                .map_or(0, std::collections::BTreeSet::len);
            let label = event_label(*event);
            let name = topic
                .topic
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let subscriptions = say::review_subscriptions(count);
            format!(
                "{}  {name}  {}",
                wizard.ui.text(&label),
                wizard.ui.text(&subscriptions)
            )
        })
        .collect()
}

fn components(wizard: &Wizard<'_>) -> Vec<String> {
    let answers = &wizard.answers;
    let mut lines: Vec<String> = Vec::new();
    for kind in BucketKind::ALL {
        let buckets = answers
            .buckets
            .iter()
            .filter(|bucket| bucket.kinds.contains(&kind));
        for bucket in buckets {
            let folders: Vec<&str> = match kind {
                BucketKind::Data => bucket
                    .folders
                    .iter()
                    .map(|folder| folder.as_str())
                    .collect(),
                _ => kind.folders().to_vec(),
            };
            lines.push(format!("{}  {}", bucket.name, folders.join(" ")));
        }
    }
    let roles = [
        &answers.roles.redshift.role,
        &answers.roles.ecs_task.role,
        &answers.roles.lambda.role,
    ];
    lines.extend(
        roles
            .into_iter()
            .flatten()
            .map(|role| role.name().to_string()),
    );
    lines
}
