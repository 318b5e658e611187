//! Owns the SHA-256 login of Amazon Redshift (authentication code 13), which
//! tokio-postgres does not know: a stream that turns it into a cleartext request
//! and answers in its own way. It sends a password to nobody: without TLS it
//! refuses, and what it does not understand it refuses too.

use sha2::{Digest, Sha256};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroize;

/// No message before the end of a login is longer than this.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// How the warehouse let the user in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It asked for no password.
    Trust,
    /// The password itself, inside TLS.
    Cleartext,
    /// MD5 with a salt.
    Md5,
    /// SCRAM-SHA-256, as PostgreSQL has it.
    Scram,
    /// The SHA-256 digest of Amazon Redshift.
    Sha256,
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Trust => "no password",
            Self::Cleartext => "cleartext in TLS",
            Self::Md5 => "MD5",
            Self::Scram => "SCRAM-SHA-256",
            Self::Sha256 => "SHA-256",
        })
    }
}

/// Why the adapter broke off a login.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server wants the bare password and there is no TLS.
    #[error("the server asked for the password in cleartext outside TLS")]
    Cleartext,
    /// The server wants a login that we cannot do.
    #[error("the server asked for authentication code {0}")]
    Method(i32),
    /// Code 13 with a digest that is not SHA-256.
    #[error("the server asked for digest algorithm {0}")]
    Algorithm(i32),
    /// A message that claims an absurd length.
    #[error("the server announced a message of {0} bytes before the login was over")]
    TooLong(u32),
    /// Anything else that is not the protocol.
    #[error("the server sent {0}")]
    Malformed(&'static str),
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(io::ErrorKind::InvalidData, refusal)
    }
}

/// What the server has asked for; shared, because tokio-postgres swallows the stream.
#[derive(Clone, Debug, Default)]
pub struct Asked(Arc<Mutex<Option<Method>>>);

impl Asked {
    /// Returns the method that the server asked for last, if it asked at all.
    pub fn method(&self) -> Option<Method> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, method: Method) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(method);
    }
}

/// The challenge of code 13, kept until the client's password comes by.
struct Challenge {
    salt: Vec<u8>,
    nonce: Vec<u8>,
}

/// Bytes that may hold a password: wiped when they have been used.
#[derive(Default)]
struct Wiped(Vec<u8>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A stream to a warehouse that speaks code 13 as code 3 to the client above it.
///
/// Until the login is over it passes on whole messages only; after that it is
/// transparent. The end of the stream is an error at any time: a warehouse never
/// leaves first in good order, and tokio-postgres words the end in several ways.
pub struct DigestAuth<S> {
    inner: S,
    encrypted: bool,
    asked: Asked,
    client_nonce: Box<dyn Fn() -> String + Send + Sync>,
    logged_in: bool,
    /// What the server did wrong; said once the client has read all that came before.
    broken: Option<Refusal>,
    challenge: Option<Challenge>,
    /// Read from the server, not yet a whole message.
    incoming: Vec<u8>,
    /// Whole messages for the client, and how much of them it has taken.
    ready: Vec<u8>,
    taken: usize,
    /// The client's password message, while it is swallowed.
    swallowed: Wiped,
    /// Our answer to the challenge, and how much of it has been sent.
    answer: Vec<u8>,
    sent: usize,
}

impl<S> DigestAuth<S> {
    /// Wraps a stream on which the start-up message has not been sent yet.
    ///
    /// `encrypted` says whether the stream is inside TLS.
    pub fn new(inner: S, encrypted: bool) -> Self {
        Self::with_nonce(inner, encrypted, || {
            // AWS's own drivers send the milliseconds since the epoch in decimal.
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
                .as_millis()
                .to_string()
        })
    }

    /// Does what [`DigestAuth::new`] does with a nonce of the caller's, for tests.
    pub fn with_nonce(
        inner: S,
        encrypted: bool,
        client_nonce: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            encrypted,
            asked: Asked::default(),
            client_nonce: Box::new(client_nonce),
            logged_in: false,
            broken: None,
            challenge: None,
            incoming: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            swallowed: Wiped::default(),
            answer: Vec::new(),
            sent: 0,
        }
    }

    /// Returns a handle on which the login method can be read later.
    pub fn asked(&self) -> Asked {
        self.asked.clone()
    }

    /// Moves whole messages from `incoming` to `ready`, translating code 13.
    fn sort(&mut self) -> Result<(), Refusal> {
        let mut at = 0;
        while !self.logged_in && self.incoming.len() - at >= 5 {
            let header = &self.incoming[at..at + 5];
            let tag = header[0];
            // E: error, R: authentication, N: notice.
            if !matches!(tag, b'E' | b'R' | b'N') {
                return Err(Refusal::Malformed("something that is not a login"));
            }
            let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
            if length < 4 {
                return Err(Refusal::Malformed("a message with an impossible length"));
            }
            let end = match usize::try_from(length) {
                Ok(length) if length <= MAX_MESSAGE => at + 1 + length,
                _ => return Err(Refusal::TooLong(length)),
            };
            if self.incoming.len() < end {
                break;
            }
            match tag {
                b'R' => self.authentication(at + 5, end)?,
                // tokio-postgres gives up on a notice in the middle of a login.
                b'N' => {}
                _ => self.ready.extend_from_slice(&self.incoming[at..end]),
            }
            self.logged_in |= tag == b'E';
            at = end;
        }
        if self.logged_in {
            self.ready.extend_from_slice(&self.incoming[at..]);
            self.incoming = Vec::new();
        } else {
            self.incoming.drain(..at);
        }
        Ok(())
    }

    /// Passes one authentication request on, or something the client can answer instead.
    fn authentication(&mut self, start: usize, end: usize) -> Result<(), Refusal> {
        let mut body = Body(&self.incoming[start..end]);
        let code = body.number()?;
        // One answer of the client's could otherwise be taken for the answer to another.
        if matches!(code, 3 | 5 | 10 | 13) && self.asked.method().is_some() {
            return Err(Refusal::Malformed("a second request for a password"));
        }
        match code {
            0 => {
                if self.asked.method().is_none() {
                    self.asked.set(Method::Trust);
                }
                self.logged_in = true;
            }
            3 if !self.encrypted => return Err(Refusal::Cleartext),
            3 => self.asked.set(Method::Cleartext),
            5 => self.asked.set(Method::Md5),
            10..=12 => self.asked.set(Method::Scram),
            13 => {
                let algorithm = body.number()?;
                if algorithm != 0 {
                    return Err(Refusal::Algorithm(algorithm));
                }
                let salt = body.bytes()?.to_vec();
                let nonce = body.bytes()?.to_vec();
                self.challenge = Some(Challenge { salt, nonce });
                self.asked.set(Method::Sha256);
                self.ready.extend_from_slice(b"R\0\0\0\x08\0\0\0\x03");
                return Ok(());
            }
            code => return Err(Refusal::Method(code)),
        }
        self.ready.extend_from_slice(&self.incoming[start - 5..end]);
        Ok(())
    }

    /// Takes the client's password message in, and makes our answer once it is whole.
    ///
    /// Returns how many of the bytes belong to the message.
    fn swallow(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let whole = match self.swallowed.0.get(1..5) {
            Some(length) => {
                let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]);
                match usize::try_from(length) {
                    Ok(length) if (5..=MAX_MESSAGE).contains(&length) => length + 1,
                    _ => return Err(Refusal::Malformed("a request our client cannot answer")),
                }
            }
            None => 5,
        };
        let taken = bytes.len().min(whole - self.swallowed.0.len());
        if self.swallowed.0.capacity() == 0 {
            // Enough at once: growing would leave copies of the password behind.
            self.swallowed.0.reserve_exact(MAX_MESSAGE + 1);
        }
        self.swallowed.0.extend_from_slice(&bytes[..taken]);
        if self.swallowed.0.len() == whole && whole > 5 {
            self.respond()?;
        }
        Ok(taken)
    }

    /// Makes the `d` message from the challenge and the swallowed `p` message.
    fn respond(&mut self) -> Result<(), Refusal> {
        let swallowed = std::mem::take(&mut self.swallowed);
        let Some(challenge) = self.challenge.take() else {
            return Err(Refusal::Malformed("no challenge"));
        };
        let [b'p', _, _, _, _, password @ .., 0] = swallowed.0.as_slice() else {
            return Err(Refusal::Malformed("a request our client cannot answer"));
        };
        let nonce = (self.client_nonce)();
        let digest = digest(
            password,
            &challenge.salt,
            &challenge.nonce,
            nonce.as_bytes(),
        );
        let mut answer = Vec::with_capacity(64 + nonce.len());
        answer.push(b'd');
        for number in [4 + 4 + digest.len() + 4 + nonce.len(), digest.len()] {
            answer.extend_from_slice(&be(number));
        }
        answer.extend_from_slice(&digest);
        answer.extend_from_slice(&be(nonce.len()));
        answer.extend_from_slice(nonce.as_bytes());
        self.answer = answer;
        self.sent = 0;
        Ok(())
    }
}

fn be(number: usize) -> [u8; 4] {
    // Every length here is far below MAX_MESSAGE.
    u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes()
}

/// SHA256( SHA256(password || salt) || server nonce || client nonce ).
pub fn digest(password: &[u8], salt: &[u8], server: &[u8], client: &[u8]) -> [u8; 32] {
    let stored = Sha256::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize();
    Sha256::new()
        .chain_update(stored)
        .chain_update(server)
        .chain_update(client)
        .finalize()
        .into()
}

/// The rest of a message that is being read.
struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn number(&mut self) -> Result<i32, Refusal> {
        let (number, rest) = self
            .0
            .split_first_chunk::<4>()
            .ok_or(Refusal::Malformed("a login request that is cut short"))?;
        self.0 = rest;
        Ok(i32::from_be_bytes(*number))
    }

    fn bytes(&mut self) -> Result<&'a [u8], Refusal> {
        let length = usize::try_from(self.number()?)
            .ok()
            .filter(|length| *length <= self.0.len())
            .ok_or(Refusal::Malformed("a login request that is cut short"))?;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(bytes)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for DigestAuth<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.taken < this.ready.len() {
                let count = buf.remaining().min(this.ready.len() - this.taken);
                buf.put_slice(&this.ready[this.taken..this.taken + count]);
                this.taken += count;
                return Poll::Ready(Ok(()));
            }
            if this.logged_in {
                this.ready = Vec::new();
                this.taken = 0;
                let before = buf.filled().len();
                ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
                return Poll::Ready(if buf.filled().len() == before && buf.remaining() > 0 {
                    Err(io::ErrorKind::UnexpectedEof.into())
                } else {
                    Ok(())
                });
            }
            if let Some(refusal) = &this.broken {
                return Poll::Ready(Err(refusal.clone().into()));
            }
            this.ready.clear();
            this.taken = 0;
            if buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            let mut bytes = [0; 4096];
            let mut read = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut this.inner).poll_read(cx, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            this.incoming.extend_from_slice(read.filled());
            this.broken = this.sort().err();
        }
    }
}

impl<S: AsyncWrite + Unpin> DigestAuth<S> {
    /// Sends what is left of our answer; it must leave before anything else does.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.answer.len() {
            let count =
                ready!(Pin::new(&mut self.inner).poll_write(cx, &self.answer[self.sent..]))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += count;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for DigestAuth<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.challenge.is_some() {
            return Poll::Ready(Ok(this.swallow(buf)?));
        }
        ready!(this.poll_answer(cx))?;
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_answer(cx))?;
        Pin::new(&mut this.inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_answer(cx))?;
        Pin::new(&mut this.inner).poll_shutdown(cx)
    }
}
