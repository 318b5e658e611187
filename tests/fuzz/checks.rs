//! Owns what must hold for any input: the same functions serve cargo-fuzz and the property
//! tests, so that both look for the same thing.

use jmc_site::answers::Answers;
use jmc_site::error::{Error, Exit};
use jmc_site::messages::Lang;
use jmc_site::redshift::digest::{DigestAuth, MAX_MESSAGE, digest};
use jmc_site::redshift::password::{Login, look_up};
use jmc_site::redshift::{Address, Endpoint};
use jmc_site::site::{Site, file};
use serde_json::Value;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// An address is read or refused; what was read is clean, and is read again as the same.
pub fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    Endpoint::classify(&text);
    let Ok(address) = Address::parse(&text) else {
        return;
    };
    let parts = [
        Some(&address.host),
        address.database.as_ref(),
        address.user.as_ref(),
    ];
    for part in parts.into_iter().flatten() {
        assert!(!part.is_empty() && !part.chars().any(char::is_control));
    }
    assert!(address.host.len() <= 253 && address.host.is_ascii());
    assert_ne!(address.port, Some(0));
    let again = Address::parse(&address.host).map(|address| address.host);
    assert_eq!(again.as_deref(), Ok(address.host.as_str()));
}

/// A password file is read to its end; a password found is a part of it.
pub fn pgpass(data: &[u8]) {
    let login = Login {
        host: "h",
        port: 5439,
        database: "d",
        user: "u",
    };
    if let Some(password) = look_up(data, login) {
        assert!(password.len() <= data.len());
        assert!(!password.contains(&b'\n'));
        assert!(password.iter().all(|byte| data.contains(byte)));
    }
}

/// The name under which files are read here.
const FILE: &str = "jmc-site.json";

/// A site file is read, or refused with a code of files. What was read is written and read
/// again as the same, is an answers file, and has no room for a field that nobody knows.
pub fn site_file(data: &[u8]) {
    let path = Path::new(FILE);
    let site: Site = match file::parse(path, data) {
        Ok(site) => site,
        Err(error) => return refused_file(&error),
    };
    let text = serde_json::to_string_pretty(&site).expect("JSON");
    let again: Site = file::parse(path, text.as_bytes()).expect("what was written");
    assert_eq!(again, site);
    let answers = Answers::from_site(&site);
    assert_eq!(answers.name.as_ref(), Some(&site.name));
    assert_eq!(answers.buckets, site.buckets);
    let value = serde_json::to_value(&site).expect("JSON");
    for pointer in objects(&value, String::new()) {
        let mut wrong = value.clone();
        wrong.pointer_mut(&pointer).expect("an object")["no-field"] = Value::Null;
        let read = file::parse::<Site>(path, wrong.to_string().as_bytes());
        let error = read.expect_err(&pointer);
        assert_eq!(error.code(), "JMC-FILE-FIELD", "{pointer}");
    }
}

/// An answers file is read, or refused with a code of files; every site file is one.
pub fn answers_file(data: &[u8]) {
    let path = Path::new(FILE);
    match file::parse::<Answers>(path, data) {
        Ok(answers) => assert_eq!(answers.version, Some(1)),
        Err(error) => {
            refused_file(&error);
            assert!(file::parse::<Site>(path, data).is_err());
        }
    }
}

fn refused_file(error: &Error) {
    let code = error.code().strip_prefix("JMC-FILE-");
    let codes = ["TRUNCATED", "JSON", "VERSION", "NO-VERSION", "FIELD"];
    assert!(code.is_some_and(|code| codes.contains(&code)), "{error:?}");
    assert_eq!(error.exit_code(), Exit::Failed);
    assert!(!error.hints().is_empty());
    for lang in [Lang::En, Lang::Ja] {
        let text = error.text().get(lang);
        let field = ["the field `", "フィールド `"].iter().find_map(|mark| {
            let (_, rest) = text.split_once(mark)?;
            rest.split_once('`').map(|(path, _)| !path.is_empty())
        });
        assert!(text.contains(FILE), "{text}");
        assert_eq!(field, (code == Some("FIELD")).then_some(true), "{text}");
    }
}

/// Returns the pointers of all objects but the tags, whose keys are free.
fn objects(value: &Value, pointer: String) -> Vec<String> {
    if pointer == "/tags" {
        return Vec::new();
    }
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.extend(objects(value, format!("{pointer}/{key}")));
            }
            found.push(pointer);
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                found.extend(objects(value, format!("{pointer}/{index}")));
            }
        }
        _ => {}
    }
    found
}

/// A server that sends given bytes in given pieces, and keeps what it is sent.
struct Script<'a> {
    bytes: &'a [u8],
    piece: usize,
    received: Vec<u8>,
}

impl AsyncRead for Script<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = self.piece.min(buf.remaining()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buf.put_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let count = buf.len().min(self.piece);
        self.received.extend_from_slice(&buf[..count]);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What came out of the adapter, on both sides.
#[derive(Debug, PartialEq, Eq)]
pub struct Passed {
    /// What the client read.
    pub read: Vec<u8>,
    /// What the server received.
    pub received: Vec<u8>,
    /// The error that ended it.
    pub end: String,
}

/// Lets a server's bytes through the adapter, in pieces, to a client that answers every
/// request for a password with `password`.
pub fn pass(server: &[u8], piece: usize, password: &[u8]) -> Passed {
    let script = Script {
        bytes: server,
        piece: piece.max(1),
        received: Vec::new(),
    };
    let mut script = script;
    let mut read = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    let end = {
        let mut adapter = DigestAuth::with_nonce(&mut script, true, || "1700000000000".to_owned());
        let mut answered = 0;
        loop {
            let mut bytes = [0; 512];
            let mut buf = ReadBuf::new(&mut bytes);
            match Pin::new(&mut adapter).poll_read(&mut cx, &mut buf) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => break error.to_string(),
                Poll::Pending => unreachable!("the script never waits"),
            }
            assert!(!buf.filled().is_empty(), "an end that is no error");
            read.extend_from_slice(buf.filled());
            // A client answers each cleartext request that it has read as a whole.
            while let Some(at) = find(&read[answered..], b"R\0\0\0\x08\0\0\0\x03") {
                answered += at + 9;
                let mut message = vec![b'p'];
                let length = u32::try_from(password.len() + 5).expect("a short password");
                message.extend_from_slice(&length.to_be_bytes());
                message.extend_from_slice(password);
                message.push(0);
                if let Err(error) = write(&mut adapter, &mut cx, &message, piece.max(1)) {
                    return Passed {
                        read,
                        received: Vec::new(),
                        end: error.to_string(),
                    };
                }
            }
        }
    };
    Passed {
        read,
        received: script.received,
        end,
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

fn write(
    adapter: &mut DigestAuth<&mut Script<'_>>,
    cx: &mut Context<'_>,
    mut message: &[u8],
    piece: usize,
) -> io::Result<()> {
    while !message.is_empty() {
        let now = &message[..message.len().min(piece)];
        match Pin::new(&mut *adapter).poll_write(cx, now) {
            Poll::Ready(Ok(count)) => {
                assert!(count > 0 && count <= now.len());
                message = &message[count..];
            }
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => unreachable!("the script never waits"),
        }
    }
    match Pin::new(adapter).poll_flush(cx) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("the script never waits"),
    }
}

/// Whatever a server sends, and however it is cut up, the adapter does the same: no panic,
/// never more than it was given, and never the password itself in answer to a challenge.
pub fn framing(data: &[u8]) {
    const PASSWORD: &[u8] = b"Fuzz-canary-1";
    let whole = pass(data, usize::MAX, PASSWORD);
    assert!(whole.read.len() <= data.len());
    for piece in [1, 3, 64] {
        assert_eq!(pass(data, piece, PASSWORD), whole, "in pieces of {piece}");
    }
    let challenged = find(data, b"\0\0\0\x0d").is_some();
    let asked_openly = find(data, b"\0\0\0\x03").is_some();
    if challenged && !asked_openly {
        assert_eq!(find(&whole.received, PASSWORD), None);
    }
}

/// Builds the challenge of code 13.
pub fn challenge(salt: &[u8], nonce: &[u8]) -> Vec<u8> {
    let mut body = 13_u32.to_be_bytes().to_vec();
    body.extend_from_slice(&[0; 4]);
    for field in [salt, nonce] {
        let length = u32::try_from(field.len()).expect("a short field");
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(field);
    }
    let length = u32::try_from(body.len() + 4).expect("a short message");
    let message = [b"R", &length.to_be_bytes()[..], &body].concat();
    assert!(message.len() <= MAX_MESSAGE);
    message
}

/// Builds the `d` answer as AWS's own drivers do.
pub fn answer(password: &[u8], salt: &[u8], nonce: &[u8], client: &[u8]) -> Vec<u8> {
    let length = u32::try_from(4 + 4 + 32 + 4 + client.len()).expect("a short nonce");
    let client_length = u32::try_from(client.len()).expect("a short nonce");
    [
        b"d",
        &length.to_be_bytes()[..],
        &32_u32.to_be_bytes(),
        &digest(password, salt, nonce, client),
        &client_length.to_be_bytes(),
        client,
    ]
    .concat()
}
