//! Owns reading a warehouse's address and the names that go with it, as they are typed or
//! pasted. It looks nothing up.

use crate::messages::{Text, connection as say};
use percent_encoding::percent_decode_str;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The port that Amazon Redshift listens on unless told otherwise.
pub const DEFAULT_PORT: u16 = 5439;

/// The longest name that DNS can carry (RFC 1035).
const MAX_HOST: usize = 253;

/// The longest identifier of Amazon Redshift, in bytes.
/// <https://docs.aws.amazon.com/redshift/latest/dg/r_names.html>
const MAX_IDENTIFIER: usize = 127;

/// What an operator pasted as the address of a warehouse, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host name in lower case without a trailing dot, or an IP address without brackets.
    pub host: String,
    /// The port, where one was given.
    pub port: Option<u16>,
    /// The database, where one was given.
    pub database: Option<String>,
    /// The user, where one was given.
    pub user: Option<String>,
}

impl Address {
    /// Reads a bare host, `host:port`, `host:port/db`, or a JDBC or PostgreSQL URL.
    ///
    /// A password inside the address is refused, and no error repeats one: what
    /// could be secret is looked for before anything else is.
    pub fn parse(text: &str) -> Result<Self, Text> {
        let text = text.trim();
        if text.is_empty() {
            return Err(say::address_empty());
        }
        if text.chars().any(char::is_control) {
            return Err(say::address_control());
        }
        let (rest, is_url) = strip_scheme(text);
        if has_password(rest) {
            return Err(say::address_password());
        }
        if !is_url && let Some((scheme, _)) = rest.split_once("://") {
            return Err(say::address_scheme(scheme.to_owned()));
        }
        let (rest, query) = match rest.find(['?', ';', '#']) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, ""),
        };
        let (rest, user) = match rest.rsplit_once('@') {
            Some((user, rest)) => (rest, Some(user.trim_end_matches(':').to_owned())),
            None => (rest, parameter(query, &["user", "uid"])),
        };
        let (authority, database) = match rest.split_once('/') {
            Some((authority, database)) => (authority, Some(database.trim_end_matches('/'))),
            None => (rest, None),
        };
        let (host, port) = split_port(authority)?;
        Ok(Self {
            host: parse_host(host)?,
            port: port.map(parse_port).transpose()?,
            database: part(database, is_url)?
                .map(|name| parse_database(&name))
                .transpose()?,
            user: part(user.as_deref(), is_url)?
                .map(|name| parse_user(&name))
                .transpose()?,
        })
    }
}

/// Takes off the scheme of a URL that we know, whatever its case.
fn strip_scheme(text: &str) -> (&str, bool) {
    const SCHEMES: [&str; 6] = [
        "jdbc:redshift:iam://",
        "jdbc:redshift://",
        "jdbc:postgresql://",
        "redshift://",
        "postgresql://",
        "postgres://",
    ];
    for scheme in SCHEMES {
        if let Some(head) = text.get(..scheme.len())
            && head.eq_ignore_ascii_case(scheme)
        {
            return (&text[scheme.len()..], true);
        }
    }
    (text, false)
}

/// Tells whether an address carries something secret: `user:password@` or a parameter.
///
/// A password may itself contain `/`, `?` or `#`, so the last `@` decides.
fn has_password(rest: &str) -> bool {
    let in_authority = rest.rfind('@').is_some_and(|at| {
        rest[..at]
            .split_once(':')
            .is_some_and(|(_, password)| !password.is_empty())
    });
    const SECRETS: [&str; 7] = [
        "password",
        "pwd",
        "secretaccesskey",
        "sessiontoken",
        "accesskeyid",
        "token",
        "webidentitytoken",
    ];
    in_authority
        || rest
            .split(['?', ';', '&', '#'])
            .skip(1)
            .filter_map(|pair| pair.split_once('='))
            .any(|(name, value)| {
                !value.is_empty() && SECRETS.contains(&name.trim().to_ascii_lowercase().as_str())
            })
}

/// Finds a parameter of a JDBC or PostgreSQL URL.
fn parameter(query: &str, names: &[&str]) -> Option<String> {
    query
        .split(['&', ';'])
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| names.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(_, value)| value.to_owned())
        .filter(|value| !value.is_empty())
}

/// Decodes an optional part; only URLs are percent-encoded.
fn part(text: Option<&str>, is_url: bool) -> Result<Option<String>, Text> {
    match text {
        None | Some("") => Ok(None),
        Some(text) if is_url => match percent_decode_str(text).decode_utf8() {
            Ok(text) => Ok(Some(text.into_owned())),
            Err(_) => Err(say::address_encoding()),
        },
        Some(text) => Ok(Some(text.to_owned())),
    }
}

/// Splits `host:port`, `[v6]:port`, a bare IPv6 address or a bare host.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), Text> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or_else(|| say::address_host(authority.to_owned()))?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(say::address_host(host.to_owned()));
        }
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(say::address_host(authority.to_owned())),
        };
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return Ok((authority, None));
    }
    Ok(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

/// Reads a port: ASCII digits, 1 to 65535.
pub fn parse_port(text: &str) -> Result<u16, Text> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(say::address_control());
    }
    if text.chars().any(is_full_width) {
        return Err(say::address_full_width(shorten(text)));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(say::address_port_digits(shorten(text)));
    }
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(say::address_port_range(shorten(text))),
    }
}

/// Reads a host name or an IP address, and gives it in lower case without a trailing dot.
pub fn parse_host(text: &str) -> Result<String, Text> {
    let text = text.trim();
    let host = text.strip_suffix('.').unwrap_or(text);
    if host.is_empty() {
        return Err(say::address_empty());
    }
    if host.chars().any(char::is_control) {
        return Err(say::address_control());
    }
    if host.chars().any(is_full_width) {
        return Err(say::address_full_width(shorten(host)));
    }
    if host.len() > MAX_HOST {
        return Err(say::address_host_long(host.len(), MAX_HOST));
    }
    let host = host.to_ascii_lowercase();
    if host.parse::<Ipv6Addr>().is_ok() || host.parse::<Ipv4Addr>().is_ok() {
        return Ok(host);
    }
    let is_name = host.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    });
    // Four numbers that are no address (256.1.1.1) are a slip, not a name.
    let is_number = host
        .rsplit('.')
        .next()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()));
    if is_name && !is_number {
        Ok(host)
    } else {
        Err(say::address_host(shorten(&host)))
    }
}

/// Reads the name of a database.
pub fn parse_database(text: &str) -> Result<String, Text> {
    identifier(text, say::word_database())
}

/// Reads the name of a database user.
pub fn parse_user(text: &str) -> Result<String, Text> {
    identifier(text, say::word_user())
}

/// Reads the name of a schema.
pub fn parse_schema(text: &str) -> Result<String, Text> {
    identifier(text, say::word_schema())
}

fn identifier(text: &str, what: Text) -> Result<String, Text> {
    let text = text.trim();
    if text.is_empty() {
        return Err(say::identifier_empty(what));
    }
    if text.chars().any(char::is_control) {
        return Err(say::identifier_control(what));
    }
    if text.len() > MAX_IDENTIFIER {
        return Err(say::identifier_long(what, text.len(), MAX_IDENTIFIER));
    }
    Ok(text.to_owned())
}

fn is_full_width(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{3002}' | '\u{ff01}'..='\u{ff5e}')
}

/// Keeps an error readable when somebody pastes a whole document.
fn shorten(text: &str) -> String {
    const KEPT: usize = 60;
    if text.chars().count() <= KEPT {
        text.to_owned()
    } else {
        text.chars().take(KEPT).chain("...".chars()).collect()
    }
}
