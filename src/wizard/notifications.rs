//! Owns the section 「ジョブ実行通知」: whose settings, which events, which topics
//! and who hears of them.

use super::Wizard;
use crate::answers::{EVENTS, NotificationSource, TopicAnswers};
use crate::error::Result;
use crate::messages::{Text, init as say, names};
use crate::prompt::QuestionId;
use crate::site::arn::{Subscription, TopicRef};
use crate::site::{Event, SourceCode, proposed_topic};
use std::collections::{BTreeMap, BTreeSet};

/// Returns an event in words.
pub fn event_label(event: Event) -> Text {
    match event {
        Event::Success => say::event_success(),
        Event::Failure => say::event_failure(),
        Event::Maintenance => say::event_maintenance(),
    }
}

/// Asks everything again, with the answers so far as defaults.
pub fn ask_again(wizard: &mut Wizard<'_>) -> Result<()> {
    wizard.defaults.notifications = std::mem::take(&mut wizard.answers.notifications);
    ask(wizard)
}

/// Asks what is not known; where nothing may be asked, takes the proposals.
pub fn ask(wizard: &mut Wizard<'_>) -> Result<()> {
    if wizard.can_ask() {
        wizard.ui.heading(&say::section_notifications());
    }
    let known = &wizard.answers.notifications;
    if known.source.is_none() {
        let source = if known.topics.is_some() {
            NotificationSource::Site
        } else {
            ask_source(wizard)?
        };
        wizard.answers.notifications.source = Some(source);
    }
    if wizard.answers.notifications.source == Some(NotificationSource::System) {
        return Ok(());
    }
    if wizard.answers.notifications.topics.is_none() {
        let topics = ask_events(wizard)?;
        wizard.answers.notifications.topics = Some(topics);
    }
    if wizard.answers.notifications.source_code.is_none() {
        let include = wizard.defaults.notifications.source_code == Some(SourceCode::Include);
        let include = wizard.confirm(QuestionId::SourceCode, say::ask_source_code(), include)?;
        wizard.answers.notifications.source_code = Some(if include {
            SourceCode::Include
        } else {
            SourceCode::Omit
        });
    }
    let events: Vec<Event> = wizard
        .answers
        .notifications
        .topics
        .iter()
        .flatten()
        .map(|(event, _)| *event)
        .collect();
    let mut helped = false;
    for event in events {
        let topic = topic(wizard, event, &mut helped)?;
        wizard
            .answers
            .notifications
            .topics
            .get_or_insert_default()
            .insert(event, topic);
    }
    Ok(())
}

fn ask_source(wizard: &mut Wizard<'_>) -> Result<NotificationSource> {
    let default =
        usize::from(wizard.defaults.notifications.source != Some(NotificationSource::System));
    let items = [say::notifications_system(), say::notifications_site()];
    let chosen = wizard.select(
        QuestionId::Notifications,
        say::ask_notifications(),
        &items,
        default,
    )?;
    Ok(if chosen == 0 {
        NotificationSource::System
    } else {
        NotificationSource::Site
    })
}

fn ask_events(wizard: &mut Wizard<'_>) -> Result<BTreeMap<Event, TopicAnswers>> {
    let known = wizard.defaults.notifications.topics.clone();
    let items = EVENTS.map(|(_, event)| event_label(event));
    let defaults = EVENTS.map(|(_, event)| match &known {
        Some(topics) => topics.contains_key(&event),
        None => event == Event::Failure,
    });
    loop {
        let chosen =
            wizard.select_many(QuestionId::Events, say::ask_events(), &items, &defaults)?;
        if !chosen.is_empty() {
            return Ok(chosen
                .into_iter()
                .filter_map(|index| EVENTS.get(index))
                .map(|(_, event)| (*event, TopicAnswers::default()))
                .collect());
        }
        wizard.ui.say(&say::need_event());
    }
}

fn topic(wizard: &mut Wizard<'_>, event: Event, helped: &mut bool) -> Result<TopicAnswers> {
    let topics = |topics: &Option<BTreeMap<Event, TopicAnswers>>| {
        topics
            .as_ref()
            .and_then(|topics| topics.get(&event))
            .cloned()
            .unwrap_or_default()
    };
    let known = topics(&wizard.answers.notifications.topics);
    let defaults = topics(&wizard.defaults.notifications.topics);
    let proposed = wizard
        .answers
        .name
        .as_ref()
        .and_then(|site| proposed_topic(site, event))
        .map(TopicRef::Name);
    let given = known.topic.is_some();
    let topic = match known.topic {
        Some(topic) => topic,
        None if wizard.can_ask() => {
            if !*helped {
                wizard.ui.say(&say::topic_help());
                *helped = true;
            }
            let default = defaults.topic.or(proposed).map(String::from);
            let question = say::ask_topic(event_label(event));
            let partition = wizard.caller.partition.clone();
            let parse = |text: &str| match TopicRef::parse(text)? {
                TopicRef::Arn(arn) if arn.partition != partition => {
                    Err(names::arn_partition(text, &arn.partition, &partition))
                }
                topic => Ok(topic),
            };
            wizard.ask(QuestionId::Topic(event), question, default, parse)?
        }
        None => defaults
            .topic
            .or(proposed)
            .ok_or_else(|| super::not_answered(&[QuestionId::Topic(event)]))?,
    };
    if let TopicRef::Arn(arn) = &topic {
        wizard.check_partition(&arn.to_string(), &arn.partition)?;
    }
    let subscriptions = match known.subscriptions {
        Some(subscriptions) => subscriptions,
        // A topic that came with flags or a file came with all its subscriptions.
        None if wizard.can_ask() && !given => {
            ask_subscriptions(wizard, event, defaults.subscriptions.unwrap_or_default())?
        }
        None => BTreeSet::new(),
    };
    Ok(TopicAnswers {
        topic: Some(topic),
        subscriptions: Some(subscriptions),
    })
}

fn ask_subscriptions(
    wizard: &mut Wizard<'_>,
    event: Event,
    proposed: BTreeSet<Subscription>,
) -> Result<BTreeSet<Subscription>> {
    let mut proposed = proposed.into_iter();
    let mut chosen = BTreeSet::new();
    wizard.ui.say(&say::subscription_help());
    loop {
        // Saved subscriptions are offered one by one; `-` leaves one out.
        let default = proposed.next().map(String::from);
        let question = say::ask_subscription(event_label(event));
        let offered = default.is_some();
        let answer = wizard.ask(
            QuestionId::Subscription(event),
            question,
            Some(default.unwrap_or_default()),
            |text| match text {
                "" | "-" => Ok(None),
                _ => Subscription::parse(text).map(Some),
            },
        )?;
        match answer {
            Some(subscription) => {
                chosen.insert(subscription);
            }
            None if offered => {}
            None => return Ok(chosen),
        }
    }
}
