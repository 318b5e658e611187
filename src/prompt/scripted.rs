//! Owns asking a script, for tests: replies are keyed by what a question asks
//! for, never by its wording, and are held to the rules that a person is held to.

use super::{Prompter, QuestionId, Rule, answer};
use crate::error::Error;
use crate::messages::{Text, prompt};
use crate::secret::Secret;
use crate::signals;
use std::collections::VecDeque;

/// What the script answers to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Types a line; to a choice, its number or numbers as a person would.
    Type(String),
    /// Presses Enter: takes the default, or gives an empty line.
    Enter,
    /// Says yes or no.
    Say(bool),
    /// Takes the item with this index.
    Pick(usize),
    /// Takes the items with these indices.
    PickSome(Vec<usize>),
    /// Gives up, as with Ctrl-C.
    GiveUp,
}

impl From<&str> for Reply {
    fn from(typed: &str) -> Self {
        Self::Type(typed.to_owned())
    }
}

impl From<bool> for Reply {
    fn from(yes: bool) -> Self {
        Self::Say(yes)
    }
}

impl From<usize> for Reply {
    fn from(index: usize) -> Self {
        Self::Pick(index)
    }
}

/// A question as it was put.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it asked for.
    pub id: QuestionId,
    /// Its wording.
    pub question: Text,
    /// What Enter would have taken, where there was something.
    pub default: Option<String>,
    /// The items to choose from.
    pub items: Vec<Text>,
}

/// Answers from a script.
#[derive(Debug, Default)]
pub struct Scripted {
    replies: Vec<(QuestionId, VecDeque<Reply>)>,
    asked: Vec<Asked>,
    refused: Vec<(QuestionId, Text)>,
}

impl Scripted {
    /// Makes the script; several replies to one question are given in their order.
    pub fn new<R: Into<Reply>>(replies: impl IntoIterator<Item = (QuestionId, R)>) -> Self {
        let mut script = Self::default();
        for (id, reply) in replies {
            script.add(id, reply);
        }
        script
    }

    /// Adds a reply, for scripts that mix kinds of replies.
    #[must_use]
    pub fn reply(mut self, id: QuestionId, reply: impl Into<Reply>) -> Self {
        self.add(id, reply);
        self
    }

    fn add(&mut self, id: QuestionId, reply: impl Into<Reply>) {
        match self.replies.iter_mut().find(|(known, _)| *known == id) {
            Some((_, queue)) => queue.push_back(reply.into()),
            None => self.replies.push((id, VecDeque::from([reply.into()]))),
        }
    }

    /// Returns the questions that were put, in their order; one that was put
    /// again after a refusal counts once.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Returns the reasons for which replies were refused.
    pub fn refused(&self) -> &[(QuestionId, Text)] {
        &self.refused
    }

    /// Ends the script.
    ///
    /// # Errors
    ///
    /// Fails with `JMC-SCRIPT-UNUSED` when a reply was not used.
    pub fn finish(self) -> Result<(), Error> {
        let unused: Vec<String> = self
            .replies
            .iter()
            .filter(|(_, queue)| !queue.is_empty())
            .map(|(id, _)| format!("`{id:?}`"))
            .collect();
        if unused.is_empty() {
            Ok(())
        } else {
            Err(Error::new(prompt::unused_replies(unused.join(", "))))
        }
    }

    /// Gives replies until one is taken. `take` returns `None` for a reply that
    /// is no answer to this kind of question.
    fn ask<T>(
        &mut self,
        asked: Asked,
        take: impl Fn(&Reply) -> Option<Result<T, Text>>,
    ) -> Result<T, Error> {
        let id = asked.id;
        self.asked.push(asked);
        let mut last = None;
        loop {
            let reply = self
                .replies
                .iter_mut()
                .find(|(known, _)| *known == id)
                .and_then(|(_, queue)| queue.pop_front());
            let Some(reply) = reply else {
                let error = Error::new(prompt::unexpected_question(format!("{id:?}")));
                return Err(match last {
                    None => error,
                    Some(reason) => error.cause(format!("{reason:?}")),
                });
            };
            if reply == Reply::GiveUp {
                return Err(signals::interruption());
            }
            match take(&reply) {
                Some(Ok(answer)) => return Ok(answer),
                Some(Err(reason)) => {
                    self.refused.push((id, reason.clone()));
                    last = Some(reason);
                }
                None => {
                    let id = format!("{id:?}");
                    let reply = format!("{reply:?}");
                    return Err(Error::new(prompt::wrong_reply(id, reply)));
                }
            }
        }
    }
}

fn asked(id: QuestionId, question: &Text, default: Option<String>, items: &[Text]) -> Asked {
    Asked {
        id,
        question: question.clone(),
        default,
        items: items.to_vec(),
    }
}

/// Returns the line that a reply types.
fn typed(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Type(line) => Some(line.clone()),
        Reply::Enter => Some(String::new()),
        Reply::Pick(index) => Some((index + 1).to_string()),
        Reply::PickSome(indices) if indices.is_empty() => Some("0".to_owned()),
        Reply::PickSome(indices) => Some(
            indices
                .iter()
                .map(|index| (index + 1).to_string())
                .collect::<Vec<_>>()
                .join(","),
        ),
        Reply::Say(_) | Reply::GiveUp => None,
    }
}

impl Prompter for Scripted {
    fn text(
        &mut self,
        id: QuestionId,
        question: &Text,
        default: Option<&str>,
        rule: Rule<'_>,
    ) -> Result<String, Error> {
        let asked = asked(id, question, default.map(str::to_owned), &[]);
        self.ask(asked, |reply| match reply {
            Reply::Type(_) | Reply::Enter => Some(answer::text(&typed(reply)?, default, rule)),
            _ => None,
        })
    }

    fn secret(&mut self, id: QuestionId, question: &Text) -> Result<Option<Secret>, Error> {
        self.ask(asked(id, question, None, &[]), |reply| match reply {
            Reply::Enter => Some(Ok(None)),
            Reply::Type(line) => Some(
                answer::visible(line)
                    .map(|()| (!line.is_empty()).then(|| Secret::new(line.clone()))),
            ),
            _ => None,
        })
    }

    fn confirm(&mut self, id: QuestionId, question: &Text, default: bool) -> Result<bool, Error> {
        let shown = if default { "y" } else { "n" }.to_owned();
        let asked = asked(id, question, Some(shown), &[]);
        self.ask(asked, |reply| match reply {
            Reply::Say(yes) => Some(Ok(*yes)),
            Reply::Type(_) | Reply::Enter => Some(answer::yes_or_no(&typed(reply)?, default)),
            _ => None,
        })
    }

    fn select(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        default: usize,
    ) -> Result<usize, Error> {
        let shown = (default < items.len()).then(|| (default + 1).to_string());
        let asked = asked(id, question, shown, items);
        self.ask(asked, |reply| match reply {
            Reply::PickSome(_) => None,
            _ => Some(answer::one_of(&typed(reply)?, items.len(), default)),
        })
    }

    fn select_many(
        &mut self,
        id: QuestionId,
        question: &Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>, Error> {
        let shown = (1..=items.len())
            .zip(defaults)
            .filter(|(_, chosen)| **chosen)
            .map(|(number, _)| number.to_string())
            .collect::<Vec<_>>()
            .join(",");
        let asked = asked(id, question, Some(shown), items);
        self.ask(asked, |reply| {
            Some(answer::some_of(&typed(reply)?, items.len(), defaults))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Text {
        prompt::choose_one()
    }

    fn only_ascii(typed: &str) -> Result<(), Text> {
        if typed.is_ascii() {
            Ok(())
        } else {
            Err(prompt::answer_yes_or_no())
        }
    }

    #[test]
    fn an_invalid_reply_is_refused_and_the_next_one_taken() {
        let mut script = Scripted::new([
            (QuestionId::Port, "５４３９"),
            (QuestionId::Port, "a\u{1b}"),
            (QuestionId::Port, " 5439 "),
        ]);
        let answer = script.text(QuestionId::Port, &question(), None, &only_ascii);
        assert_eq!(answer.expect("an answer"), "5439");
        let keys: Vec<_> = script.refused().iter().map(|(_, why)| why.key()).collect();
        assert_eq!(keys, ["answer_yes_or_no", "invisible_character"]);
        script.finish().expect("nothing left");
    }

    #[test]
    fn an_unexpected_question_fails_with_its_id_and_the_last_refusal() {
        let mut script = Scripted::new([(QuestionId::Port, "５４３９")]);
        let error = script
            .text(QuestionId::Port, &question(), None, &only_ascii)
            .expect_err("no reply is left");
        assert_eq!(error.code(), "JMC-SCRIPT-UNEXPECTED");
        assert!(error.to_string().contains("`Port`"), "{error}");
        assert_eq!(error.causes().len(), 1);
    }

    #[test]
    fn a_reply_that_was_not_used_fails_at_the_end() {
        let script = Scripted::new([(QuestionId::SiteName, "sales")]);
        let error = script.finish().expect_err("a reply is left");
        assert_eq!(error.code(), "JMC-SCRIPT-UNUSED");
        assert!(error.to_string().contains("`SiteName`"), "{error}");
    }

    #[test]
    fn choices_take_the_default_an_index_or_what_a_person_types() {
        let items = [question(), question(), question()];
        let mut script = Scripted::default()
            .reply(QuestionId::Review, Reply::Enter)
            .reply(QuestionId::Review, 2)
            .reply(QuestionId::Review, "9")
            .reply(QuestionId::Review, "1")
            .reply(QuestionId::Events, Reply::PickSome(vec![2, 0]))
            .reply(QuestionId::Events, Reply::PickSome(vec![]));
        for expected in [1, 2, 0] {
            let index = script.select(QuestionId::Review, &question(), &items, 1);
            assert_eq!(index.expect("an index"), expected);
        }
        for expected in [vec![0, 2], vec![]] {
            let indices = script.select_many(QuestionId::Events, &question(), &items, &[]);
            assert_eq!(indices.expect("indices"), expected);
        }
        assert_eq!(script.refused().len(), 1);
        script.finish().expect("nothing left");
    }

    #[test]
    fn a_reply_of_the_wrong_kind_fails_at_once() {
        let mut script = Scripted::new([(QuestionId::SiteName, true)]);
        let error = script
            .text(QuestionId::SiteName, &question(), None, &only_ascii)
            .expect_err("yes is no name");
        assert_eq!(error.code(), "JMC-SCRIPT-KIND");
    }

    #[test]
    fn giving_up_is_an_interruption() {
        let mut script = Scripted::default().reply(QuestionId::Apply, Reply::GiveUp);
        let error = script
            .confirm(QuestionId::Apply, &question(), false)
            .expect_err("given up");
        assert_eq!(error.code(), "JMC-INTERRUPTED");
        assert_eq!(error.exit_code(), crate::error::Exit::Interrupted);
    }
}
