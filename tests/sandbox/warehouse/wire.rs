//! Owns the bytes of the protocol: reading and building messages, and sending them badly on purpose.

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Builds a message: a type and a body.
pub fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&length(body.len() + 4));
    bytes.extend_from_slice(body);
    bytes
}

/// Builds an authentication request: a code and a body.
pub fn authentication(code: i32, body: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes(), body].concat())
}

/// Builds a counted field.
pub fn counted(bytes: &[u8]) -> Vec<u8> {
    [&length(bytes.len())[..], bytes].concat()
}

/// Builds an error.
pub fn error(severity: &str, sqlstate: &str, text: &str) -> Vec<u8> {
    let mut body = Vec::new();
    let fields = [
        (b'S', severity),
        (b'C', sqlstate),
        (b'M', text),
        (b'F', "../src/backend/libpq/auth.c"),
        (b'L', "383"),
        (b'R', "auth_failed"),
    ];
    for (field, value) in fields {
        body.push(field);
        body.extend_from_slice(value.as_bytes());
        body.push(0);
    }
    body.push(0);
    message(b'E', &body)
}

/// Builds a ParameterStatus.
pub fn parameter(name: &str, value: &str) -> Vec<u8> {
    message(b'S', format!("{name}\0{value}\0").as_bytes())
}

/// Builds the answer to a query with one row of text.
pub fn row(columns: &[(&str, &str)]) -> Vec<u8> {
    let count = i16::try_from(columns.len())
        .expect("few columns")
        .to_be_bytes();
    let mut description = count.to_vec();
    let mut data = count.to_vec();
    for (name, value) in columns {
        description.extend_from_slice(name.as_bytes());
        description.push(0);
        // Table 0, column 0, type text (25), any length, no modifier, text format.
        description.extend_from_slice(&[0; 6]);
        description.extend_from_slice(&25_i32.to_be_bytes());
        description.extend_from_slice(&(-1_i16).to_be_bytes());
        description.extend_from_slice(&(-1_i32).to_be_bytes());
        description.extend_from_slice(&[0; 2]);
        data.extend_from_slice(&counted(value.as_bytes()));
    }
    [
        message(b'T', &description),
        message(b'D', &data),
        message(b'C', b"SELECT\0"),
    ]
    .concat()
}

/// Builds ReadyForQuery outside a transaction.
pub fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

fn length(length: usize) -> [u8; 4] {
    u32::try_from(length)
        .expect("a short message")
        .to_be_bytes()
}

/// Reads a message with its type.
pub async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<(u8, Vec<u8>)> {
    let tag = stream.read_u8().await?;
    Ok((tag, read_untyped(stream).await?))
}

/// Reads a message without a type, as the first one is.
pub async fn read_untyped<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    const LONGEST: usize = 1024 * 1024;
    let length = stream.read_u32().await? as usize;
    if !(4..=LONGEST).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length - 4];
    stream.read_exact(&mut body).await?;
    Ok(body)
}

/// Sends bytes in the pieces, and up to the point, that the faults ask for.
#[derive(Clone, Debug)]
pub struct Sender {
    chunk: usize,
    left: usize,
}

impl Sender {
    /// Makes a sender with a size of its pieces and a number of bytes before it gives up.
    pub fn new(chunk: Option<usize>, close_after: Option<usize>) -> Self {
        Self {
            chunk: chunk.unwrap_or(usize::MAX).max(1),
            left: close_after.unwrap_or(usize::MAX),
        }
    }

    /// Sends, or fails when the number of bytes is used up.
    pub async fn send<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        bytes: &[u8],
    ) -> io::Result<()> {
        let allowed = &bytes[..bytes.len().min(self.left)];
        for piece in allowed.chunks(self.chunk) {
            stream.write_all(piece).await?;
            stream.flush().await?;
        }
        self.left -= allowed.len();
        if allowed.len() < bytes.len() || self.left == 0 {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}
