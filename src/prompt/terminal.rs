//! Owns asking a person on the terminal. It is the only file that names
//! dialoguer, of which it uses `Input` and `Password`.
//!
//! Every question is a line that is typed. A choice is a numbered list answered
//! by number: dialoguer's `Select` measures items in bytes, which misdraws
//! Japanese, hides the cursor, and panics in a terminal of fewer than 3 rows.

use super::{Prompter, QuestionId, Rule, answer};
use crate::error::Error;
use crate::messages::{Lang, Text, prompt};
use crate::secret::Secret;
use crate::signals;
use crate::terminal::Mode;
use console::{Style, Term};
use dialoguer::theme::Theme;
use dialoguer::{Input, Password};
use std::fmt;
use std::io;
use zeroize::Zeroizing;

/// How questions look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used; they never carry a meaning of their own.
    pub colours: bool,
    /// Whether questions are marked with `?`, which a screen reader reads aloud.
    pub marks: bool,
}

impl Look {
    /// Returns the look that the environment asks for: `NO_COLOR`
    /// (<https://no-color.org>), `ACCESSIBLE` and `TERM=dumb` do without colours.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let accessible = set("ACCESSIBLE") && variable("ACCESSIBLE").as_deref() != Some("0");
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        Self {
            colours: !set("NO_COLOR") && !accessible && !dumb,
            marks: !accessible,
        }
    }
}

/// Asks a person, on stderr.
///
/// [`signals::Signals`] must be installed, as it puts the terminal back when
/// the person presses Ctrl-C.
#[derive(Debug)]
pub struct Terminal {
    lang: Lang,
    look: Look,
    term: Term,
}

impl Terminal {
    /// Makes the prompter; the caller has found that it [can ask](crate::terminal::can_ask).
    pub fn new(lang: Lang, look: Look) -> Self {
        Self {
            lang,
            look,
            term: Term::stderr(),
        }
    }

    /// Returns the line of a question: `? Port (5439): `.
    fn prompt(&self, question: &str, default: &str) -> String {
        let mark = match (self.look.marks, self.look.colours) {
            (false, _) => String::new(),
            (true, false) => "? ".to_owned(),
            (true, true) => format!("{} ", style().cyan().bold().apply_to("?")),
        };
        // A question that ends like one needs no colon.
        let (question, end) = match question.strip_suffix([':', '：']) {
            Some(question) => (question, ": "),
            None if question.ends_with(['?', '？']) => (question, " "),
            None => (question, ": "),
        };
        if default.is_empty() {
            format!("{mark}{question}{end}")
        } else {
            format!("{mark}{question} ({default}){end}")
        }
    }

    /// Asks until an answer is taken, giving the reason each time.
    fn ask<T>(&self, prompt: &str, take: impl Fn(&str) -> Result<T, Text>) -> Result<T, Error> {
        loop {
            let typed = self.read(prompt)?;
            match take(&typed) {
                Ok(answer) => return Ok(answer),
                Err(reason) => self.refuse(&reason)?,
            }
        }
    }

    fn read(&self, prompt: &str) -> Result<String, Error> {
        let _mode = Mode::typing();
        loop {
            let typed = Input::<String>::with_theme(&Verbatim)
                .with_prompt(prompt)
                .allow_empty(true)
                .report(cfg!(not(unix)))
                .interact_on(&self.line());
            match typed {
                // Where it does not end the line at once, as on Windows.
                Ok(typed) if matches!(typed.trim(), "\x04" | "\x1a") => {
                    return Err(self.failed(io::ErrorKind::UnexpectedEof.into()));
                }
                Ok(typed) => return Ok(typed.replace('\x04', "")),
                Err(dialoguer::Error::IO(error)) => match stop(&error) {
                    Some(Stop::Wiped) => {}
                    _ => return Err(self.failed(error)),
                },
            }
        }
    }

    /// Returns the terminal on which dialoguer draws a line.
    fn line(&self) -> Term {
        #[cfg(unix)]
        return Term::read_write_pair(io::stdin(), super::echo::Echo::line());
        #[cfg(not(unix))]
        self.term.clone()
    }

    fn refuse(&self, reason: &Text) -> Result<(), Error> {
        let reason = match reason.code() {
            None => reason.get(self.lang).to_owned(),
            Some(code) => {
                let code = if self.look.colours {
                    style().red().apply_to(code).to_string()
                } else {
                    code.to_owned()
                };
                prompt::refused(code, reason).get(self.lang).to_owned()
            }
        };
        for line in reason.lines() {
            self.say(&format!("  {line}"))?;
        }
        Ok(())
    }

    fn say(&self, line: &str) -> Result<(), Error> {
        self.term
            .write_line(line)
            .map_err(|error| self.failed(error))
    }

    /// Lists items under their question.
    fn list(&self, question: &Text, items: &[Text]) -> Result<(), Error> {
        self.say(self.prompt(question.get(self.lang), "").trim_end())?;
        let width = items.len().to_string().len();
        for (at, item) in items.iter().enumerate() {
            self.say(&format!("  {:>width$}) {}", at + 1, item.get(self.lang)))?;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        let error = match (stop(&error), error.kind()) {
            // Ctrl-C or another signal.
            (Some(Stop::Ending), _) | (_, io::ErrorKind::Interrupted) => {
                signals::interrupted_question()
            }
            // Ctrl-D, or a terminal that went away.
            (_, io::ErrorKind::UnexpectedEof) => signals::interruption(),
            _ if has_gone(&error) => signals::interruption(),
            _ => Error::new(prompt::no_answer()).source(&error),
        };
        // What is said next stands on a line of its own.
        let _ = self.term.write_line("");
        error
    }
}

/// Why a line was given up before it was complete.
#[derive(Debug)]
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "dialoguer draws by itself there")
)]
pub(super) enum Stop {
    /// The person wiped it, to type it again.
    Wiped,
    /// The run is ending.
    Ending,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Stop {}

/// Says whether a terminal was read or written whose connection has ended.
fn has_gone(error: &io::Error) -> bool {
    #[cfg(unix)]
    return error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error());
    #[cfg(not(unix))]
    {
        let _ = error;
        false
    }
}

fn stop(error: &io::Error) -> Option<&Stop> {
    error.get_ref()?.downcast_ref()
}

/// A style that is applied whatever console thinks of the terminal: [`Look`] decides.
fn style() -> Style {
    Style::new().for_stderr().force_styling(true)
}

impl Prompter for Terminal {
    fn text(
        &mut self,
        _: QuestionId,
        question: &Text,
        default: Option<&str>,
        rule: Rule<'_>,
    ) -> Result<String, Error> {
        let prompt = self.prompt(question.get(self.lang), default.unwrap_or_default());
        self.ask(&prompt, |typed| answer::text(typed, default, rule))
    }

    fn secret(&mut self, _: QuestionId, question: &Text) -> Result<Option<Secret>, Error> {
        let prompt = self.prompt(question.get(self.lang), "");
        loop {
            let mode = Mode::secret();
            #[cfg(unix)]
            let term = Term::read_write_pair(io::stdin(), super::echo::Echo::secret());
            #[cfg(not(unix))]
            let term = self.term.clone();
            let typed = Password::with_theme(&Verbatim)
                .with_prompt(prompt.as_str())
                .allow_empty_password(true)
                .report(cfg!(not(unix)))
                .interact_on(&term);
            drop(mode);
            let typed = match typed {
                Ok(typed) => Zeroizing::new(typed),
                Err(dialoguer::Error::IO(error)) => return Err(self.failed(error)),
            };
            if typed.contains('\x04') {
                return Err(self.failed(io::ErrorKind::UnexpectedEof.into()));
            }
            // The same number of stars for every secret: its length is one, too.
            if cfg!(unix) {
                self.say(if typed.is_empty() { "" } else { "********" })?;
            }
            match answer::visible(&typed) {
                Err(reason) => self.refuse(&reason)?,
                Ok(()) if typed.is_empty() => return Ok(None),
                Ok(()) => return Ok(Some(Secret::new(typed.to_string()))),
            }
        }
    }

    fn confirm(&mut self, _: QuestionId, question: &Text, default: bool) -> Result<bool, Error> {
        let choice = if default { "Y/n" } else { "y/N" };
        // Unlike other defaults, this one reads best after the question mark.
        let prompt = self.prompt(question.get(self.lang), "");
        let prompt = format!("{} ({choice}) ", prompt.trim_end_matches([':', ' ']));
        self.ask(&prompt, |typed| answer::yes_or_no(typed, default))
    }

    fn select(
        &mut self,
        _: QuestionId,
        question: &Text,
        items: &[Text],
        default: usize,
    ) -> Result<usize, Error> {
        self.list(question, items)?;
        let shown = if default < items.len() {
            (default + 1).to_string()
        } else {
            String::new()
        };
        let prompt = self.prompt(prompt::choose_one().get(self.lang), &shown);
        self.ask(&prompt, |typed| answer::one_of(typed, items.len(), default))
    }

    fn select_many(
        &mut self,
        _: QuestionId,
        question: &Text,
        items: &[Text],
        defaults: &[bool],
    ) -> Result<Vec<usize>, Error> {
        self.list(question, items)?;
        let chosen: Vec<String> = (1..=items.len())
            .zip(defaults)
            .filter(|(_, chosen)| **chosen)
            .map(|(number, _)| number.to_string())
            .collect();
        let shown = if chosen.is_empty() {
            prompt::no_items().get(self.lang).to_owned()
        } else {
            chosen.join(",")
        };
        let prompt = self.prompt(prompt::choose_many().get(self.lang), &shown);
        self.ask(&prompt, |typed| {
            answer::some_of(typed, items.len(), defaults)
        })
    }
}

/// Shows prompts as they are: they are complete when dialoguer gets them.
struct Verbatim;

impl Theme for Verbatim {
    fn format_input_prompt(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        _: Option<&str>,
    ) -> fmt::Result {
        f.write_str(prompt)
    }

    fn format_input_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
        selection: &str,
    ) -> fmt::Result {
        write!(f, "{prompt}{selection}")
    }

    fn format_password_prompt_selection(
        &self,
        f: &mut dyn fmt::Write,
        prompt: &str,
    ) -> fmt::Result {
        write!(f, "{prompt}********")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(pairs: &[(&str, &str)]) -> Look {
        Look::from_env(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_can_do_without_colours_and_marks() {
        let (colours, marks) = (true, true);
        assert_eq!(look(&[("TERM", "xterm")]), Look { colours, marks });
        assert_eq!(look(&[("NO_COLOR", "")]), Look { colours, marks });
        for plain in [("NO_COLOR", "1"), ("TERM", "dumb")] {
            let colours = false;
            assert_eq!(look(&[plain]), Look { colours, marks });
        }
        let (colours, marks) = (false, false);
        assert_eq!(look(&[("ACCESSIBLE", "1")]), Look { colours, marks });
    }

    #[test]
    fn a_question_gets_a_colon_unless_it_ends_like_one() {
        let (colours, marks) = (false, true);
        let terminal = Terminal::new(Lang::Ja, Look { colours, marks });
        assert_eq!(terminal.prompt("ポート", "5439"), "? ポート (5439): ");
        assert_eq!(terminal.prompt("サイト名:", ""), "? サイト名: ");
        assert_eq!(terminal.prompt("続けますか?", ""), "? 続けますか? ");
    }
}
