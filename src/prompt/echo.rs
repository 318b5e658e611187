//! Owns how a line looks while it is typed: it stands between dialoguer and the
//! terminal, takes what dialoguer draws as events, and draws them right.
//!
//! dialoguer 0.12 erases one row only, so that a line longer than the terminal
//! is wide leaves parts of itself behind when a character is deleted or the
//! answer is redrawn. Here nothing is redrawn: what was asked and what was
//! typed stays, one below the other, as it reads best on paper, in a ticket and
//! to a screen reader.

use super::terminal::Stop;
use crate::signals;
use std::io::{self, Stderr, Write};
use std::os::fd::{AsRawFd, RawFd};
use unicode_width::UnicodeWidthChar;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The prompt comes next.
    Prompt,
    /// One character, or the deletion of one, comes at a time.
    Typing,
    /// A secret is typed: nothing is shown.
    Hidden,
    /// The line is complete.
    Done,
}

/// A writer to the terminal for one question.
#[derive(Debug)]
pub(super) struct Echo<W = Stderr> {
    out: W,
    /// The cells of a row; the largest number where the terminal does not tell.
    columns: usize,
    /// Where the cursor is, counted from the row on which the prompt starts.
    at: (usize, usize),
    /// Where the cursor was before each character that takes up cells.
    typed: Vec<(usize, usize)>,
    secret: bool,
    state: State,
}

impl Echo<Stderr> {
    /// Makes the writer for a line that is shown.
    pub(super) fn line() -> Self {
        Self::new(io::stderr(), columns(), false)
    }

    /// Makes the writer for a line that is not shown.
    pub(super) fn secret() -> Self {
        Self::new(io::stderr(), columns(), true)
    }
}

fn columns() -> usize {
    rustix::termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col))
}

impl<W: Write> Echo<W> {
    fn new(out: W, columns: usize, secret: bool) -> Self {
        Self {
            out,
            columns: if columns < 4 { usize::MAX } else { columns },
            at: (0, 0),
            typed: Vec::new(),
            secret,
            state: State::Prompt,
        }
    }

    fn prompt(&mut self, prompt: &str) -> io::Result<()> {
        let mut drawn = String::new();
        let mut style = false;
        for c in prompt.chars().filter(|&c| c != '\r') {
            style |= c == '\x1b';
            if style {
                drawn.push(c);
                style = c != 'm';
            } else {
                self.draw(&mut drawn, c);
            }
        }
        self.typed.clear();
        self.state = if self.secret {
            State::Hidden
        } else {
            State::Typing
        };
        self.out.write_all(drawn.as_bytes())
    }

    fn character(&mut self, c: char) -> io::Result<()> {
        let mut drawn = String::new();
        match c {
            '\n' => {
                self.state = State::Done;
                drawn.push('\n');
            }
            // Ctrl-D ends an empty line; elsewhere it means nothing.
            '\x04' if self.typed.is_empty() => {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // Ctrl-U; and Ctrl-W, as hardly an answer has more than one word.
            '\x15' | '\x17' => {
                while !self.typed.is_empty() {
                    self.erase(&mut drawn);
                }
                // The prompt is drawn once more, over itself.
                if self.at.0 > 0 {
                    drawn.push_str(&format!("\x1b[{}A", self.at.0));
                }
                drawn.push('\r');
                self.out.write_all(drawn.as_bytes())?;
                return Err(io::Error::other(Stop::Wiped));
            }
            c if c.is_control() => {}
            c => self.draw(&mut drawn, c),
        }
        self.out.write_all(drawn.as_bytes())
    }

    fn draw(&mut self, drawn: &mut String, c: char) {
        let width = c.width().unwrap_or(0);
        drawn.push(c);
        if width == 0 {
            return;
        }
        self.typed.push(self.at);
        let (row, column) = self.at;
        self.at = if column + width > self.columns {
            (row + 1, width)
        } else {
            (row, column + width)
        };
        if self.at.1 == self.columns {
            // A terminal stays in the last cell until something more comes. It
            // is made to move on, so that the cursor is where it is counted.
            drawn.push_str(" \r");
            self.at = (self.at.0 + 1, 0);
        }
    }

    fn erase(&mut self, drawn: &mut String) {
        let Some((row, column)) = self.typed.pop() else {
            return;
        };
        if row == self.at.0 {
            let cells = self.at.1 - column;
            for part in ["\x08", " ", "\x08"] {
                drawn.push_str(&part.repeat(cells));
            }
        } else {
            drawn.push_str(&format!("\x1b[{}A\r", self.at.0 - row));
            if column > 0 {
                drawn.push_str(&format!("\x1b[{column}C"));
            }
            drawn.push_str("\x1b[J");
        }
        self.at = (row, column);
    }
}

impl<W: Write> Write for Echo<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if signals::is_ending() {
            // Not `Interrupted`, upon which `write_all` would try again.
            return Err(io::Error::other(Stop::Ending));
        }
        let event = std::str::from_utf8(bytes).unwrap_or_default();
        match self.state {
            State::Prompt => self.prompt(event)?,
            // console deletes the last character with an escape sequence.
            State::Typing if event.starts_with('\x1b') => {
                let mut drawn = String::new();
                self.erase(&mut drawn);
                self.out.write_all(drawn.as_bytes())?;
            }
            State::Typing => {
                for c in event.chars() {
                    self.character(c)?;
                }
            }
            State::Hidden | State::Done => {}
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl AsRawFd for Echo<Stderr> {
    fn as_raw_fd(&self) -> RawFd {
        self.out.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events as console 0.16 sends them.
    fn drawn(columns: usize, prompt: &str, typed: &str) -> String {
        let mut echo = Echo::new(Vec::new(), columns, false);
        echo.write_all(prompt.as_bytes()).expect("the prompt");
        for c in typed.chars() {
            let event = if c == '\x7f' {
                "\x1b[2D\x1b[0K".to_owned()
            } else {
                c.to_string()
            };
            echo.write_all(event.as_bytes()).expect("a character");
        }
        String::from_utf8(echo.out).expect("text")
    }

    #[test]
    fn a_wide_character_is_erased_by_its_two_cells() {
        assert_eq!(
            drawn(80, "? 名前: ", "a日\x7f"),
            "? 名前: a日\x08\x08  \x08\x08"
        );
    }

    #[test]
    fn the_first_character_of_a_wrapped_row_is_erased_on_the_row_above() {
        assert_eq!(
            drawn(10, "12345678", "9ab\x7f\x7f"),
            "123456789a \rb\x08 \x08\x1b[1A\r\x1b[9C\x1b[J"
        );
        assert_eq!(
            drawn(10, "12345678", "9日\x7f"),
            "123456789日\x1b[1A\r\x1b[9C\x1b[J"
        );
    }

    #[test]
    fn the_prompt_cannot_be_erased_and_its_colours_take_no_cells() {
        assert_eq!(
            drawn(10, "\x1b[36m?\x1b[0m ", "a\x7f\x7f"),
            "\x1b[36m?\x1b[0m a\x08 \x08"
        );
    }

    #[test]
    fn what_comes_after_the_line_is_not_drawn() {
        assert_eq!(drawn(80, "? ", "a\n\r\x1b[2K"), "? a\n");
    }
}
