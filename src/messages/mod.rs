//! Owns every sentence that a person reads, in Japanese and English, and the
//! stable English codes of errors. No other module may spell one out.
//!
//! Each entry of a catalogue becomes a function of the entry's name that takes
//! the entry's arguments and returns a [`Text`]. A missing argument fails to
//! compile; a test checks that both languages use the same arguments.

use std::fmt;

pub mod aws;
pub mod check;
pub mod connection;
pub mod error;
pub mod file;
pub mod init;
pub mod lock;
pub mod login;
pub mod names;
pub mod plan;
pub mod policy;
pub mod prompt;

/// A language of the user interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Lang {
    /// Returns the language that the locale variables ask for, by the POSIX order.
    ///
    /// `LC_ALL` wins over `LC_MESSAGES`, which wins over `LANG`; an empty value
    /// counts as unset. Anything that is not Japanese is answered in English.
    pub fn from_locale(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| variable(name).filter(|value| !value.is_empty()))
            .unwrap_or_default()
            .to_ascii_lowercase();
        let language = locale
            .split(['_', '.', '@', '-'])
            .next()
            .unwrap_or_default();
        if matches!(language, "ja" | "japanese") {
            Self::Ja
        } else {
            Self::En
        }
    }
}

/// A sentence in both languages, made by a function of the catalogue.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    key: &'static str,
    code: Option<&'static str>,
    en: String,
    ja: String,
}

impl Text {
    /// Returns the sentence in one language.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ja => &self.ja,
            Lang::En => &self.en,
        }
    }

    /// Returns the name of the catalogue entry.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// Returns the stable code, such as `JMC-S3-REGION`, where the entry has one.
    pub fn code(&self) -> Option<&'static str> {
        self.code
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({}: {})", self.key, self.en)
    }
}

/// A value that can stand in a sentence: the same in both languages, or a [`Text`].
pub trait Argument {
    /// Returns the value as it reads in one language.
    fn in_lang(&self, lang: Lang) -> String;
}

impl<T: fmt::Display> Argument for T {
    fn in_lang(&self, _: Lang) -> String {
        self.to_string()
    }
}

impl Argument for Text {
    fn in_lang(&self, lang: Lang) -> String {
        self.get(lang).to_owned()
    }
}

impl Argument for &Text {
    fn in_lang(&self, lang: Lang) -> String {
        self.get(lang).to_owned()
    }
}

/// One entry of the catalogue as it was written, for the tests.
#[derive(Debug)]
pub struct Entry {
    /// The function's name.
    pub key: &'static str,
    /// The stable code, if any.
    pub code: Option<&'static str>,
    /// The English template.
    pub en: &'static str,
    /// The Japanese template.
    pub ja: &'static str,
    /// The names of the arguments.
    pub args: &'static [&'static str],
}

/// Declares catalogue entries: `name(arg, ...) ["CODE"] { en: "...", ja: "..." }`.
macro_rules! catalogue {
    ($($(#[$meta:meta])* $name:ident($($arg:ident),* $(,)?) $([$code:literal])? {
        en: $en:literal, ja: $ja:literal $(,)?
    })*) => {
        $(
            #[doc = $en]
            $(#[$meta])*
            pub fn $name($($arg: impl $crate::messages::Argument),*) -> $crate::messages::Text {
                #[allow(unused_mut, unused_assignments)]
                let mut code = None;
                $(code = Some($code);)?
                let en = {
                    $(let $arg = $arg.in_lang($crate::messages::Lang::En);)*
                    format!($en)
                };
                let ja = {
                    $(let $arg = $arg.in_lang($crate::messages::Lang::Ja);)*
                    format!($ja)
                };
                $crate::messages::Text::new(stringify!($name), code, en, ja)
            }
        )*

        /// Every entry of this catalogue, as written.
        pub const ENTRIES: &[$crate::messages::Entry] = &[
            $($crate::messages::Entry {
                key: stringify!($name),
                code: $crate::messages::first(&[$($code)?]),
                en: $en,
                ja: $ja,
                args: &[$(stringify!($arg)),*],
            },)*
        ];
    };
}
pub(crate) use catalogue;

impl Text {
    /// Makes a sentence; only the `catalogue!` macro calls this.
    #[doc(hidden)]
    pub fn new(key: &'static str, code: Option<&'static str>, en: String, ja: String) -> Self {
        Self { key, code, en, ja }
    }
}

/// Returns the first code of a list that has one or none.
#[doc(hidden)]
pub const fn first(codes: &[&'static str]) -> Option<&'static str> {
    if codes.is_empty() {
        None
    } else {
        Some(codes[0])
    }
}

/// Every entry of every catalogue.
pub fn all_entries() -> impl Iterator<Item = &'static Entry> {
    [
        aws::ENTRIES,
        check::ENTRIES,
        connection::ENTRIES,
        error::ENTRIES,
        file::ENTRIES,
        init::ENTRIES,
        lock::ENTRIES,
        login::ENTRIES,
        names::ENTRIES,
        plan::ENTRIES,
        policy::ENTRIES,
        prompt::ENTRIES,
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn placeholders(template: &str) -> HashSet<&str> {
        let plain = template;
        let mut found = HashSet::new();
        let mut rest = plain;
        while let Some(start) = rest.find('{') {
            if rest[start..].starts_with("{{") {
                rest = &rest[start + 2..];
                continue;
            }
            let end = start + rest[start..].find('}').expect("a closed placeholder");
            found.insert(&rest[start + 1..end]);
            rest = &rest[end + 1..];
        }
        found
    }

    #[test]
    fn both_languages_use_every_argument_of_an_entry() {
        for entry in all_entries() {
            let args: HashSet<&str> = entry.args.iter().copied().collect();
            assert_eq!(placeholders(entry.en), args, "en of {}", entry.key);
            assert_eq!(placeholders(entry.ja), args, "ja of {}", entry.key);
        }
    }

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut codes = HashSet::new();
        for entry in all_entries() {
            if let Some(code) = entry.code {
                assert!(codes.insert(code), "{code} is there twice");
                assert!(code.starts_with("JMC-"), "{code}");
                assert!(
                    code.bytes()
                        .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'),
                    "{code}"
                );
            }
        }
    }

    #[test]
    fn the_locale_is_chosen_by_the_posix_order() {
        let lang = |pairs: &[(&str, &str)]| {
            Lang::from_locale(|name| {
                pairs
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(lang(&[]), Lang::En);
        assert_eq!(lang(&[("LANG", "ja_JP.UTF-8")]), Lang::Ja);
        assert_eq!(lang(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(
            lang(&[("LC_MESSAGES", "ja"), ("LANG", "en_US.UTF-8")]),
            Lang::Ja
        );
        assert_eq!(lang(&[("LC_ALL", ""), ("LANG", "ja_JP")]), Lang::Ja);
    }
}
