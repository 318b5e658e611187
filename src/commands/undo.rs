//! Owns `jmc-site undo`: put the policies of the last run back, where they are still
//! what that run wrote.

use super::opened::Opened;
use super::record::quoted;
use super::session::Asking;
use crate::Environment;
use crate::args::{Common, Undo};
use crate::aws::document::Document;
use crate::aws::edit::{self, Editor};
use crate::aws::lock::Guard;
use crate::aws::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::{Text, error as usage, lock as say, plan as plan_say};
use crate::plan::policy::size;
use crate::prompt::QuestionId;
use crate::report::grouped;
use crate::site::undo::{self, Kept};
use crate::ui::Ui;
use serde_json::json;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &Undo, common: &Common, ui: &Ui, environment: &Environment<'_>) -> Result<Exit> {
    let kept = undo::last(&common.site)?;
    let folder = undo::folder_of(&common.site);
    let Some((_, first)) = kept.first() else {
        return Err(Error::new(say::undo_nothing(folder.display())));
    };
    let opened = Opened::open("undo", common, ui, environment)?;
    if first.account != opened.caller.account {
        let text = say::undo_account(&opened.caller.account, &first.account);
        return Err(Error::new(text));
    }
    ui.result("");
    ui.result(ui.text(&say::undo_heading(&first.time, &first.command)));
    let observer = opened.observer();
    let tags = opened.site.all_tags();
    let live = opened.session.runtime.block_on(async {
        let reads = kept
            .iter()
            .map(async |(_, kept)| Document::of_kept(kept, &tags).read(&observer).await);
        futures_util::future::try_join_all(reads).await
    })?;
    let mut ready: Vec<(PathBuf, Kept)> = Vec::new();
    let mut changed = 0;
    for ((path, kept), live) in kept.into_iter().zip(live) {
        // Put back already, by a run that could not say so in the folder.
        let is_back = live.text == kept.before;
        if is_back || live.text == kept.after {
            ui.result(&format!("  ~ {}", ui.text(&line(&kept))));
            ready.push((path, kept));
        } else {
            changed += 1;
            let text = say::undo_changed(&kept.role.name, &kept.policy);
            ui.error(&Error::new(text).hint(say::undo_changed_hint(path.display())));
        }
    }
    if ready.is_empty() {
        return Err(Error::new(say::undo_nothing(folder.display())));
    }
    if args.consent.dry_run {
        ui.result(ui.text(&plan_say::dry_run()));
        ui.value(&json!({ "command": "undo", "status": "dry-run", "policies": ready.len(), "changed_since": changed }));
        return Ok(Exit::Done);
    }
    confirm(args, common, ui, environment, ready.len())?;
    put_back(args, ui, &opened, &observer, &ready)?;
    ui.result(ui.text(&say::undone(ready.len())));
    ui.value(&json!({ "command": "undo", "status": "done", "policies": ready.len(), "changed_since": changed }));
    Ok(if changed > 0 {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn line(kept: &Kept) -> Text {
    let size = |text: &str| grouped(size(text));
    let (role, policy) = (&kept.role.name, &kept.policy);
    match (&kept.before, &kept.after) {
        (Some(before), Some(after)) => say::undo_line(role, policy, size(before), size(after)),
        (Some(before), None) => say::undo_deleted(role, policy, size(before)),
        (None, _) => say::undo_new(role, policy),
    }
}

fn confirm(
    args: &Undo,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
    count: usize,
) -> Result<()> {
    if args.consent.yes {
        return Ok(());
    }
    let mut asker = Asking::find(common, ui, environment);
    let Some(prompter) = asker.prompter() else {
        return Err(Error::usage(usage::needs_yes()).hint(usage::needs_yes_hint()));
    };
    if prompter.confirm(QuestionId::Apply, &say::ask_undo(count), false)? {
        Ok(())
    } else {
        Err(Error::new(usage::declined()))
    }
}

fn put_back(
    args: &Undo,
    ui: &Ui,
    opened: &Opened,
    observer: &Observer<'_>,
    ready: &[(PathBuf, Kept)],
) -> Result<()> {
    let resume = format!(
        "jmc-site undo --site {}",
        quoted(&opened.file.path().display().to_string())
    );
    let cancel = opened.session.applying(resume.clone());
    opened.session.runtime.block_on(async {
        let guard = guard(args, ui, opened, observer).await?;
        let say = |text: &Text| ui.say(text);
        let editor = Editor {
            guard: &guard,
            run: &opened.session.run,
            // What undo replaces is in the file that it puts back, as the text after the edit.
            site: None,
            exact: false,
            cancelled: &|| cancel.is_cancelled(),
            say: &say,
        };
        // The last edit first: what took a permission out of one policy came after what put
        // it into another.
        let tags = opened.site.all_tags();
        for (path, kept) in ready.iter().rev() {
            if cancel.is_cancelled() {
                let interrupted = Error::new(plan_say::interrupted_applying());
                return Err(interrupted
                    .exit(Exit::Interrupted)
                    .hint(plan_say::resume_hint(&resume)));
            }
            edit::put_back(observer, &editor, kept, &tags).await?;
            undo::mark_undone(path)
                .map_err(|error| error.hint(say::undo_unmarked_hint(&resume)))?;
        }
        Ok(())
    })
}

async fn guard(args: &Undo, ui: &Ui, opened: &Opened, observer: &Observer<'_>) -> Result<Guard> {
    if args.lock.no_lock {
        ui.say(&say::lock_off());
        return Ok(Guard::None);
    }
    opened.shelf(&args.lock, observer).await.map(Guard::Bucket)
}
