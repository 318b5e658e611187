//! Owns `jmc-site lock`: show who holds the locks of a site's roles, and release one
//! whose run is dead.

use super::opened::Opened;
use crate::Environment;
use crate::args::{Common, LockCommand};
use crate::aws::lock::{self, Holder, Shelf};
use crate::aws::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::lock as say;
use crate::ui::Ui;
use serde_json::json;

/// Runs the command.
pub fn run(
    command: &LockCommand,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let opened = Opened::open("lock", common, ui, environment)?;
    let observer = opened.observer();
    let (args, release) = match command {
        LockCommand::Show(args) => (args, None),
        LockCommand::Release { id, lock } => (lock, Some(id.as_str())),
    };
    opened.session.runtime.block_on(async {
        let shelf = opened.shelf(args, &observer).await?;
        let held = held(&opened, &observer, &shelf).await?;
        match release {
            None => show(ui, &held, observer.clients.clock.now()),
            Some(id) => self::release(ui, &observer, &shelf, &held, id).await?,
        }
        Ok(Exit::Done)
    })
}

/// A lock: its key, who holds it, and its ETag.
type Held = (String, Holder, String);

async fn held(opened: &Opened, observer: &Observer<'_>, shelf: &Shelf) -> Result<Vec<Held>> {
    let mut found = Vec::new();
    for key in lock::keys_of(opened.caller.account.as_str(), &opened.site) {
        if let Some((holder, etag)) = lock::read(observer, shelf, &key).await? {
            found.push((key, holder, etag));
        }
    }
    Ok(found)
}

fn show(ui: &Ui, held: &[Held], now: u64) {
    if held.is_empty() {
        ui.result(ui.text(&say::no_locks()));
    }
    for (key, holder, _) in held {
        let line = say::lock_line(
            key,
            &holder.holder,
            &holder.host,
            &holder.command,
            &holder.id,
        );
        let end = match holder.seconds_left(now) {
            0 => say::lock_ended(),
            seconds => say::lock_ends(seconds),
        };
        ui.result(&format!("{}  {}", ui.text(&line), ui.text(&end)));
    }
    let locks: Vec<_> = held
        .iter()
        .map(|(key, holder, _)| json!({ "key": key, "holder": holder }))
        .collect();
    ui.value(&json!({ "command": "lock show", "locks": locks }));
}

async fn release(
    ui: &Ui,
    observer: &Observer<'_>,
    shelf: &Shelf,
    held: &[Held],
    id: &str,
) -> Result<()> {
    let mut released = Vec::new();
    for (key, _, etag) in held.iter().filter(|(_, holder, _)| holder.id == id) {
        if lock::delete(observer, shelf, key, etag).await? {
            ui.result(ui.text(&say::lock_released(key)));
            released.push(key);
        }
    }
    if released.is_empty() {
        return Err(Error::new(say::lock_unknown(id)));
    }
    ui.value(&json!({ "command": "lock release", "released": released }));
    Ok(())
}
