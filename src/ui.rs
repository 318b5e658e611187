//! Owns printing; no other module may. Standard output is the result (in JSON
//! mode exactly one value), standard error is the talk around it.

use crate::error::{Error, Exit};
use crate::messages::{Lang, Text, error as msg};
use serde_json::{Value, json};
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use unicode_width::UnicodeWidthStr;

/// The form of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For a person.
    #[default]
    Human,
    /// One JSON value, in English.
    Json,
}

/// Where both streams end.
type Sink = Box<dyn Write + Send>;

struct Streams {
    out: Sink,
    err: Sink,
    /// Whether the one value of JSON mode was printed.
    told: bool,
    /// Whether a part of the result could not be written.
    lost: bool,
}

impl Streams {
    fn to(out: Sink, err: Sink) -> Arc<Mutex<Self>> {
        Arc::new(Mutex::new(Self {
            out,
            err,
            told: false,
            lost: false,
        }))
    }

    fn result(&mut self, text: &str) {
        let written = self.out.write_all(text.as_bytes());
        match written.and_then(|()| self.out.flush()) {
            // A closed pipe ends quietly: whoever reads has had enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => self.lost = true,
            _ => {}
        }
    }
}

/// Prints in one language; its clones print to the same streams.
#[derive(Clone)]
pub struct Ui {
    /// The language.
    pub lang: Lang,
    /// The form of the result.
    pub output: Output,
    /// Whether bold and colour may be used on standard error.
    pub colour: bool,
    /// How many cells a line of sentences may have; without a terminal, any number.
    width: Option<usize>,
    streams: Arc<Mutex<Streams>>,
}

impl std::fmt::Debug for Ui {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ui({:?}, {:?})", self.lang, self.output)
    }
}

impl Ui {
    /// Prints to the process's streams.
    pub fn new(lang: Lang, output: Output, variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let accessible = set("ACCESSIBLE") && variable("ACCESSIBLE").as_deref() != Some("0");
        let plain = set("NO_COLOR") || accessible || variable("TERM").as_deref() == Some("dumb");
        Self {
            lang,
            output,
            colour: std::io::stderr().is_terminal() && !plain,
            width: terminal_width(),
            streams: Streams::to(Box::new(std::io::stdout()), Box::new(std::io::stderr())),
        }
    }

    /// Prints to given sinks, for tests.
    pub fn to(lang: Lang, output: Output, out: Sink, err: Sink) -> Self {
        Self {
            lang,
            output,
            colour: false,
            width: None,
            streams: Streams::to(out, err),
        }
    }

    /// Returns a printer to the same streams in another language and form.
    #[must_use]
    pub fn speaking(&self, lang: Lang, output: Output) -> Self {
        Self {
            lang,
            output,
            ..self.clone()
        }
    }

    /// Returns a sentence in the language of this run.
    pub fn text<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.lang)
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a sentence on standard error.
    pub fn say(&self, text: &Text) {
        self.line(&self.wrapped(self.text(text), "", ""));
    }

    /// Breaks a sentence into lines where Japanese and English break theirs.
    pub fn wrapped(&self, text: &str, first: &str, rest: &str) -> String {
        match self.width {
            Some(width) => {
                let own = text.len() - text.trim_start().len();
                let (first, rest) = (
                    format!("{first}{}", &text[..own]),
                    format!("{rest}{}", &text[..own]),
                );
                let options = textwrap::Options::new(width)
                    .break_words(false)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation)
                    .initial_indent(&first)
                    .subsequent_indent(&rest);
                textwrap::fill(text.trim_start(), options)
            }
            None => format!("{first}{text}"),
        }
    }

    /// Says a line on standard error.
    pub fn line(&self, line: &str) {
        let mut streams = self.streams();
        // Where nobody listens, there is nobody to be told.
        let _ = streams.err.write_all(format!("{line}\n").as_bytes());
        let _ = streams.err.flush();
    }

    /// Says a heading on standard error.
    pub fn heading(&self, text: &Text) {
        let text = self.text(text);
        if self.colour {
            self.line(&format!("\n\u{1b}[1m{text}\u{1b}[0m"));
        } else {
            self.line(&format!("\n{text}"));
        }
    }

    /// Prints a part of the result; in JSON mode nothing, since the value stands alone.
    pub fn result(&self, line: &str) {
        match self.output {
            Output::Human => self.streams().result(&format!("{line}\n")),
            Output::Json => {}
        }
    }

    /// Prints the one value of JSON mode; for a person nothing.
    pub fn value(&self, value: &Value) {
        if self.output != Output::Json {
            return;
        }
        let mut streams = self.streams();
        // A second Ctrl-C can come when the run has just told its end.
        if !std::mem::replace(&mut streams.told, true) {
            streams.result(&format!("{value:#}\n"));
        }
    }

    /// Says whether a part of the result could not be written, as on a full disk.
    pub fn has_lost(&self) -> bool {
        self.streams().lost
    }

    /// Prints an error with its code, causes and hints.
    pub fn error(&self, error: &Error) {
        let label = msg::label();
        let head = format!("{} {}: ", self.text(&label), error.code());
        self.line(&self.wrapped(self.text(error.text()), &head, "  "));
        for cause in error.causes() {
            self.line(&self.wrapped(cause, "  ", "  "));
        }
        for hint in error.hints() {
            let head = format!("{}: ", self.text(&msg::hint()));
            self.line(&self.wrapped(self.text(hint), &head, "  "));
        }
    }

    /// Ends a run with an error: on standard error, and as the value of JSON mode.
    pub fn fail(&self, error: &Error) -> Exit {
        self.error(error);
        self.value(&json!({ "error": error.to_json() }));
        error.exit_code()
    }
}

/// Returns the width of the terminal behind standard error, if there is one.
fn terminal_width() -> Option<usize> {
    let terminal = console::Term::stderr();
    let (_, columns) = terminal.size_checked()?;
    terminal.is_term().then_some(usize::from(columns).max(20))
}

/// Pads a text to a number of terminal cells; Japanese characters take two.
pub fn pad(text: &str, cells: usize) -> String {
    let missing = cells.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Returns how many cells of a terminal a text takes.
pub fn cells(text: &str) -> usize {
    text.width()
}

/// Cuts a text to a number of terminal cells, with `...` where something is left out.
pub fn cut(text: &str, limit: usize) -> String {
    if text.width() <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        let mut next = kept.clone();
        next.push(c);
        if next.width() + 3 > limit {
            break;
        }
        kept = next;
    }
    format!("{kept}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_counted_in_cells() {
        assert_eq!(pad("構成", 6), "構成  ");
        assert_eq!(pad("abc", 2), "abc");
        assert_eq!(cut("構成要素設定", 9), "構成要...");
        assert_eq!(cut("構成", 4), "構成");
    }
}
