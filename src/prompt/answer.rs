//! Owns how a typed line becomes an answer. It reads nothing and shows nothing,
//! so that a person and a script are held to the same rules.

use super::Rule;
use crate::messages::{Text, prompt};

/// Takes a line of text: trimmed, the default if it is empty, and within the rule.
pub(crate) fn text(typed: &str, default: Option<&str>, rule: Rule<'_>) -> Result<String, Text> {
    let typed = typed.trim();
    visible(typed)?;
    let answer = match default {
        Some(default) if typed.is_empty() => default,
        _ => typed,
    };
    rule(answer)?;
    Ok(answer.to_owned())
}

/// Refuses characters that do not show: they come with a paste, and are in no
/// name that was meant.
pub(crate) fn visible(typed: &str) -> Result<(), Text> {
    match typed.chars().find(|&c| invisible(c)) {
        None => Ok(()),
        Some(c) => Err(prompt::invisible_character(format!("U+{:04X}", c as u32))),
    }
}

fn invisible(c: char) -> bool {
    c.is_control()
        // Soft hyphen, zero-width characters, direction marks, byte order mark.
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Takes a yes or a no; an empty line takes the default.
pub(crate) fn yes_or_no(typed: &str, default: bool) -> Result<bool, Text> {
    match half_width(typed).as_str() {
        "" => Ok(default),
        "y" | "yes" | "はい" => Ok(true),
        "n" | "no" | "いいえ" => Ok(false),
        _ => Err(prompt::answer_yes_or_no()),
    }
}

/// Takes the number of one of `count` items, and returns its index.
pub(crate) fn one_of(typed: &str, count: usize, default: usize) -> Result<usize, Text> {
    let typed = half_width(typed);
    if typed.is_empty() && default < count {
        return Ok(default);
    }
    index(&typed, count).ok_or_else(|| prompt::answer_with_one_number(count))
}

/// Takes the numbers of any of `count` items, and returns their indices in order.
pub(crate) fn some_of(typed: &str, count: usize, defaults: &[bool]) -> Result<Vec<usize>, Text> {
    let typed = half_width(typed);
    if typed.is_empty() {
        return Ok((0..count)
            .filter(|&at| defaults.get(at).copied().unwrap_or(false))
            .collect());
    }
    if typed == "0" {
        return Ok(Vec::new());
    }
    let mut indices = typed
        .split([',', '、', ' '])
        .filter(|number| !number.is_empty())
        .map(|number| index(number, count))
        .collect::<Option<Vec<_>>>()
        .filter(|indices| !indices.is_empty())
        .ok_or_else(|| prompt::answer_with_numbers(count))?;
    indices.sort_unstable();
    indices.dedup();
    Ok(indices)
}

fn index(number: &str, count: usize) -> Option<usize> {
    let number: usize = number.parse().ok()?;
    (1..=count).contains(&number).then(|| number - 1)
}

/// Makes the full-width forms of an input method ASCII, as the answers here are
/// only keys to press. Text that is kept is never changed like this.
fn half_width(typed: &str) -> String {
    typed
        .trim()
        .chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from((c as u32 - 0xff01 + 0x21) as u8),
            '\u{3000}' => ' ',
            _ => c,
        })
        .collect::<String>()
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(_: &str) -> Result<(), Text> {
        Ok(())
    }

    #[test]
    fn text_is_trimmed_and_an_empty_line_takes_the_default() {
        assert_eq!(text(" \u{3000}a b ", None, &any), Ok("a b".into()));
        assert_eq!(text("  ", Some("5439"), &any), Ok("5439".into()));
        assert_eq!(text("  ", None, &any), Ok(String::new()));
    }

    #[test]
    fn full_width_digits_reach_the_rule_as_they_were_typed() {
        let rule = |typed: &str| {
            assert_eq!(typed, "５４３９");
            Err(prompt::answer_yes_or_no())
        };
        assert!(text("５４３９", Some("5439"), &rule).is_err());
    }

    #[test]
    fn a_default_that_breaks_the_rule_is_refused_too() {
        let rule = |_: &str| Err(prompt::answer_yes_or_no());
        assert!(text("", Some("old"), &rule).is_err());
    }

    #[test]
    fn characters_that_do_not_show_are_refused_by_name() {
        for (typed, name) in [
            ("a\u{1b}b", "U+001B"),
            ("a\u{200b}b", "U+200B"),
            ("\u{feff}b", "U+FEFF"),
        ] {
            let reason = text(typed, None, &any).expect_err(typed);
            assert!(format!("{reason:?}").contains(name), "{reason:?}");
        }
    }

    #[test]
    fn yes_and_no_are_taken_in_either_language_and_width() {
        for typed in ["y", "Y", "yes", " YES ", "ｙ", "はい"] {
            assert_eq!(yes_or_no(typed, false), Ok(true), "{typed}");
        }
        for typed in ["n", "No", "ｎ", "いいえ"] {
            assert_eq!(yes_or_no(typed, true), Ok(false), "{typed}");
        }
        assert_eq!(yes_or_no("", true), Ok(true));
        assert!(yes_or_no("yy", true).is_err());
    }

    #[test]
    fn an_item_is_chosen_by_its_number() {
        assert_eq!(one_of("2", 3, 0), Ok(1));
        assert_eq!(one_of("２", 3, 0), Ok(1));
        assert_eq!(one_of("", 3, 2), Ok(2));
        for typed in ["0", "4", "1,2", "x", "-1", "99999999999999999999"] {
            assert!(one_of(typed, 3, 0).is_err(), "{typed}");
        }
    }

    #[test]
    fn several_items_are_chosen_by_their_numbers_in_any_order() {
        let defaults = [false, true, false];
        assert_eq!(some_of("", 3, &defaults), Ok(vec![1]));
        assert_eq!(some_of("0", 3, &defaults), Ok(vec![]));
        assert_eq!(some_of("3,1", 3, &defaults), Ok(vec![0, 2]));
        assert_eq!(some_of("１、３　１", 3, &defaults), Ok(vec![0, 2]));
        for typed in ["1,4", "0,1", ",", "a"] {
            assert!(some_of(typed, 3, &defaults).is_err(), "{typed}");
        }
    }
}
