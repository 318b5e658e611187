//! Owns one session with the stand-in, from the request for TLS to the last query.

use super::wire::{self, Sender};
use super::{Attempt, DRIVER_TOKEN, Journal, Login, Options, RELEASE, Stage, Tls};
use md5::Md5;
use rustls::crypto::aws_lc_rs;
use sha2::{Digest, Sha256};
use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// The two things a client may begin with.
const SSL_REQUEST: u32 = 80_877_103;
const PROTOCOL_3: u32 = 196_608;

/// Serves one connection to its end.
pub(super) async fn serve(
    mut stream: TcpStream,
    tls: TlsAcceptor,
    options: &Options,
    journal: &Journal,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let faults = &options.faults;
    let mut session = Session {
        options,
        journal,
        sender: Sender::new(faults.chunk, faults.close_after),
        encrypted: false,
    };
    let first = wire::read_untyped(&mut stream).await?;
    if first != SSL_REQUEST.to_be_bytes() {
        return session.run(stream, first).await;
    }
    session.fault(Stage::Greeting, &mut stream).await?;
    let answer = match &options.tls {
        Tls::Offer => b"S".to_vec(),
        Tls::Refuse => b"N".to_vec(),
        Tls::Error { sqlstate, text } => wire::error("FATAL", sqlstate, text),
        Tls::OldError { text } => format!("E{text}\0").into_bytes(),
    };
    session.sender.send(&mut stream, &answer).await?;
    match &options.tls {
        Tls::Offer => {
            session.fault(Stage::Handshake, &mut stream).await?;
            let mut stream = tls.accept(stream).await?;
            session.encrypted = true;
            let first = wire::read_untyped(&mut stream).await?;
            session.run(stream, first).await
        }
        Tls::Refuse => {
            let first = wire::read_untyped(&mut stream).await?;
            session.run(stream, first).await
        }
        Tls::Error { .. } | Tls::OldError { .. } => stream.shutdown().await,
    }
}

struct Session<'a> {
    options: &'a Options,
    journal: &'a Journal,
    sender: Sender,
    encrypted: bool,
}

/// A refusal: SQLSTATE and text.
type Refusal = (String, String);

fn refusal(sqlstate: &str, text: impl Into<String>) -> Refusal {
    (sqlstate.to_owned(), text.into())
}

impl Session<'_> {
    /// Does what is meant to go wrong at this point, if anything is.
    async fn fault<S>(&mut self, stage: Stage, stream: &mut S) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let faults = &self.options.faults;
        if faults.stall == Some(stage) {
            // Until the client gives up.
            let mut bytes = [0; 1024];
            while stream.read(&mut bytes).await? > 0 {}
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match &faults.garbage {
            Some((at, bytes)) if *at == stage => {
                self.sender.send(stream, bytes).await?;
                stream.shutdown().await?;
                Err(io::ErrorKind::InvalidData.into())
            }
            _ => Ok(()),
        }
    }

    async fn run<S>(&mut self, mut stream: S, first: Vec<u8>) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let parameters = startup(&first)?;
        let find = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let (user, database) = (find("user"), find("database"));
        let at = {
            let attempts = self.journal.attempts.lock();
            let mut attempts = attempts.unwrap_or_else(PoisonError::into_inner);
            attempts.push(Attempt {
                user: user.clone(),
                database: database.clone(),
                encrypted: self.encrypted,
                parameters: parameters.clone(),
                password: None,
            });
            attempts.len() - 1
        };
        let admitted = match self.admit(&user, &database, &parameters) {
            Ok(()) => self.authenticate(&mut stream, &user, at).await?,
            Err(refusal) => Err(refusal),
        };
        let admitted = admitted.and_then(|()| self.enter(&database));
        if let Err((sqlstate, text)) = admitted {
            let error = wire::error("FATAL", &sqlstate, &text);
            self.sender.send(&mut stream, &error).await?;
            return stream.shutdown().await;
        }
        self.journal.sessions.fetch_add(1, Ordering::Relaxed);
        let result = self.converse(&mut stream, &user, &database).await;
        self.journal.sessions.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// What is refused before a password is asked for.
    fn admit(
        &self,
        user: &str,
        database: &str,
        parameters: &[(String, String)],
    ) -> Result<(), Refusal> {
        // What AWS's own drivers and tokio-postgres send; Redshift ends the session over others.
        const KNOWN: [&str; 12] = [
            "user",
            "database",
            "client_encoding",
            "application_name",
            "client_protocol_version",
            "driver_version",
            "driver_discovery_version",
            "os_version",
            "plugin_name",
            "provider_name",
            "idp_type",
            "replication",
        ];
        if let Some((name, _)) = parameters
            .iter()
            .find(|(name, _)| !KNOWN.contains(&name.as_str()))
        {
            let text = format!("unrecognized configuration parameter \"{name}\"");
            return Err(refusal("42704", text));
        }
        if self.options.require_ssl && !self.encrypted {
            let text = format!(
                "no pg_hba.conf entry for host \"::ffff:127.0.0.1\", user \"{user}\", \
                 database \"{database}\", SSL off"
            );
            return Err(refusal("28000", text));
        }
        Ok(())
    }

    /// Asks for the password and looks at it.
    async fn authenticate<S>(
        &mut self,
        stream: &mut S,
        user: &str,
        at: usize,
    ) -> io::Result<Result<(), Refusal>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.fault(Stage::Startup, stream).await?;
        let known = self.options.users.iter().find(|(name, _)| name == user);
        let known = known.map(|(_, password)| password.clone());
        let known = known.or_else(|| self.options.temporary.password(user));
        let known = known.as_deref().map(str::as_bytes);
        let random = random();
        let (salt, nonce) = random.split_at(16);
        let (request, answer_type) = match self.options.login {
            Login::Trust => return Ok(Ok(())),
            Login::Cleartext => (wire::authentication(3, &[]), b'p'),
            Login::Md5 => (wire::authentication(5, &salt[..4]), b'p'),
            Login::Sha256 { algorithm } => {
                let body = [
                    algorithm.to_be_bytes().to_vec(),
                    wire::counted(salt),
                    wire::counted(nonce),
                ];
                (wire::authentication(13, &body.concat()), b'd')
            }
            Login::Token => (wire::authentication(14, &[]), b'i'),
            Login::Code(code) => (wire::authentication(code, &[]), b'p'),
        };
        self.sender.send(stream, &request).await?;
        let (tag, answer) = wire::read(stream).await?;
        self.fault(Stage::Password, stream).await?;
        let right = tag == answer_type
            && known.is_some_and(|password| match self.options.login {
                Login::Trust => true,
                Login::Cleartext => answer == [password, b"\0"].concat(),
                Login::Token => answer == password,
                Login::Md5 => answer == md5_answer(password, user, &salt[..4]),
                Login::Sha256 { .. } => is_digest(&answer, password, salt, nonce),
                Login::Code(_) => false,
            });
        let attempts = self.journal.attempts.lock();
        attempts.unwrap_or_else(PoisonError::into_inner)[at].password = Some(right);
        if right {
            return Ok(Ok(()));
        }
        let text = format!("password authentication failed for user \"{user}\"");
        Ok(Err(refusal("28000", text)))
    }

    /// What is refused after the password has been found right.
    fn enter(&self, database: &str) -> Result<(), Refusal> {
        if !self.options.databases.iter().any(|name| name == database) {
            let text = format!("database \"{database}\" does not exist");
            return Err(refusal("3D000", text));
        }
        match &self.options.limit {
            Some((limit, sqlstate)) if self.journal.sessions.load(Ordering::Relaxed) >= *limit => {
                let text = format!("connection limit \"{limit}\" exceeded for non-bootstrap users");
                Err(refusal(sqlstate, text))
            }
            _ => Ok(()),
        }
    }

    /// Greets, and answers queries until the client leaves.
    async fn converse<S>(&mut self, stream: &mut S, user: &str, database: &str) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let ok = wire::authentication(0, &[]);
        self.sender.send(stream, &ok).await?;
        self.fault(Stage::Ready, stream).await?;
        let mut greeting = Vec::new();
        let common = [
            ("server_version", "8.0.2"),
            ("server_encoding", "UTF8"),
            ("client_encoding", "UTF8"),
            ("integer_datetimes", "on"),
            ("is_superuser", "off"),
            ("session_authorization", user),
        ];
        let redshift = [
            ("padb_version", RELEASE),
            ("padb_revision", "Unknown"),
            ("server_protocol_version", "0"),
            ("datashare_enabled", "on"),
            ("external_database", "off"),
            ("driver_token", DRIVER_TOKEN),
        ];
        for (name, value) in common {
            greeting.extend(wire::parameter(name, value));
        }
        if self.options.redshift {
            for (name, value) in redshift {
                greeting.extend(wire::parameter(name, value));
            }
        }
        greeting.extend(wire::message(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]));
        greeting.extend(wire::ready());
        self.sender.send(stream, &greeting).await?;
        loop {
            let (tag, body) = wire::read(stream).await?;
            let text = match tag {
                b'Q' => String::from_utf8_lossy(&body)
                    .trim_end_matches('\0')
                    .to_owned(),
                _ => char::from(tag).to_string(),
            };
            let queries = self.journal.queries.lock();
            queries
                .unwrap_or_else(PoisonError::into_inner)
                .push(text.clone());
            let answer = match tag {
                b'X' => return stream.shutdown().await,
                b'Q' => {
                    self.fault(Stage::Query, stream).await?;
                    [self.answer(&text, user, database), wire::ready()].concat()
                }
                // The extended protocol has failed on real clusters; here it always does.
                b'S' => [
                    wire::error("ERROR", "0A000", "the stand-in answers simple queries only"),
                    wire::ready(),
                ]
                .concat(),
                _ => continue,
            };
            self.sender.send(stream, &answer).await?;
        }
    }

    /// Answers one of the queries that are safe on Redshift.
    fn answer(&self, sql: &str, user: &str, database: &str) -> Vec<u8> {
        let sql = sql.trim().trim_end_matches(';');
        let version = if self.options.redshift {
            format!(
                "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 \
                 (Red Hat 3.4.2-6.fc3), Redshift {RELEASE}"
            )
        } else {
            "PostgreSQL 15.13 (Debian 15.13-0+deb12u1) on x86_64-pc-linux-gnu".to_owned()
        };
        match sql {
            "select 1" => wire::row(&[("?column?", "1")]),
            "select current_user, current_database()" => {
                wire::row(&[("current_user", user), ("current_database", database)])
            }
            "select version()" => wire::row(&[("version", &version)]),
            _ => {
                let schema = sql
                    .strip_prefix("select has_schema_privilege(current_user, '")
                    .and_then(|rest| rest.strip_suffix("', 'usage')"));
                let role = sql
                    .strip_prefix("select has_assumerole_privilege(current_user, '")
                    .and_then(|rest| rest.strip_suffix("')")?.split_once("', '"));
                match (schema, role, &self.options.copy_roles) {
                    (Some(schema), ..) => self.privilege(&schema.replace("''", "'")),
                    (None, Some((role, command)), Some(roles)) => {
                        let may = command == "copy" && roles.iter().any(|known| known == role);
                        let value = if may { "t" } else { "f" };
                        wire::row(&[("has_assumerole_privilege", value)])
                    }
                    _ => wire::error("ERROR", "42601", "syntax error at or near the stand-in"),
                }
            }
        }
    }

    fn privilege(&self, schema: &str) -> Vec<u8> {
        match self.options.schemas.iter().find(|(name, _)| name == schema) {
            Some((_, usable)) => {
                let value = if *usable { "t" } else { "f" };
                wire::row(&[("has_schema_privilege", value)])
            }
            None => {
                let text = format!("schema \"{schema}\" does not exist");
                wire::error("ERROR", "3F000", &text)
            }
        }
    }
}

/// Reads the start-up message's parameters.
fn startup(body: &[u8]) -> io::Result<Vec<(String, String)>> {
    let rest = body.strip_prefix(&PROTOCOL_3.to_be_bytes());
    let rest = rest.ok_or(io::ErrorKind::InvalidData)?;
    let mut words = rest
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned());
    let mut parameters = Vec::new();
    while let Some(name) = words.next().filter(|name| !name.is_empty()) {
        parameters.push((name, words.next().unwrap_or_default()));
    }
    Ok(parameters)
}

fn md5_answer(password: &[u8], user: &str, salt: &[u8]) -> Vec<u8> {
    let inner = hex(&Md5::digest([password, user.as_bytes()].concat()));
    let outer = hex(&Md5::digest([inner.as_bytes(), salt].concat()));
    format!("md5{outer}\0").into_bytes()
}

/// Looks at a `d` answer, by the layout that `redshift_connector` sends.
fn is_digest(answer: &[u8], password: &[u8], salt: &[u8], nonce: &[u8]) -> bool {
    let Some((length, rest)) = answer.split_first_chunk::<4>() else {
        return false;
    };
    if *length != 32_u32.to_be_bytes() || rest.len() < 36 {
        return false;
    }
    let (digest, rest) = rest.split_at(32);
    let (length, client) = rest.split_at(4);
    if length
        != u32::try_from(client.len())
            .expect("a short nonce")
            .to_be_bytes()
    {
        return false;
    }
    let stored = Sha256::digest([password, salt].concat());
    digest == Sha256::digest([&stored[..], nonce, client].concat()).as_slice()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random() -> [u8; 48] {
    let mut bytes = [0; 48];
    let provider = aws_lc_rs::default_provider();
    provider
        .secure_random
        .fill(&mut bytes)
        .expect("random bytes");
    bytes
}
