//! Owns `jmc-site plan` and `jmc-site apply`: show what would make AWS match the site
//! file, and do it, at once or exactly as it was shown before.

use super::opened::Opened;
use super::session::Asking;
use crate::Environment;
use crate::args::{Apply, Common, Consent, PlanArgs};
use crate::aws::lock::{self, Guard, Shelf};
use crate::aws::observe::Observer;
use crate::error::{Error, Exit, Result};
use crate::messages::{check as say, file as file_msg};
use crate::plan::Plan;
use crate::plan::observed::Observed;
use crate::site::{Site, VERSION, file, undo};
use crate::ui::Ui;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// A plan on disk: the site that it is for, and its steps with the documents that they replace.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u64,
    site: Site,
    steps: Value,
}

fn steps(plan: &Plan) -> Value {
    json!(plan.steps)
}

/// Runs `plan`.
pub fn plan(
    args: &PlanArgs,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let opened = Opened::open("plan", common, ui, environment)?;
    let mut site = opened.site.clone();
    site.lock_bucket = args.lock.bucket()?.or(site.lock_bucket);
    site.policy_home = args.home.home()?.or(site.policy_home);
    let pipe = opened.pipe("plan", ui, &Consent::default(), &args.lock);
    let (observed, plan, _) = pipe.planned(&mut site, None, None)?;
    if !plan.blockers.is_empty() {
        return Ok(pipe.blocked(&plan));
    }
    if let Some(out) = &args.out {
        let saved = Saved {
            version: VERSION,
            site: site.clone(),
            steps: steps(&plan),
        };
        file::write_json(out, &saved)?;
        ui.result(ui.text(&say::plan_saved(out.display())));
        ui.result(ui.text(&say::apply_saved(out.display())));
    }
    if plan.is_empty() {
        ui.result(ui.text(&crate::messages::plan::nothing_to_change()));
    }
    let status = if plan.is_empty() {
        "unchanged"
    } else {
        "changes"
    };
    ui.value(&pipe.value(status, &site, &plan, None, &observed));
    Ok(if plan.is_empty() {
        Exit::Done
    } else {
        Exit::Differences
    })
}

/// Runs `apply`.
pub fn apply(
    args: &Apply,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let saved = args.plan.as_deref().map(read).transpose()?;
    let opened = Opened::open("apply", common, ui, environment)?;
    let mut site = opened.site.clone();
    // Where the plan was made to lock, and to keep the grants, it is carried out too.
    let planned = saved.as_ref().map(|saved| &saved.site);
    let lock_bucket = planned.and_then(|planned| planned.lock_bucket.clone());
    site.lock_bucket = args.lock.bucket()?.or(lock_bucket).or(site.lock_bucket);
    let home = planned.and_then(|planned| planned.policy_home);
    site.policy_home = args.home.home()?.or(home).or(site.policy_home);
    let mut pipe = opened.pipe("apply", ui, &args.consent, &args.lock);
    pipe.exact = saved.is_some();
    let mut asker = Asking::find(common, ui, environment);
    let prompter = asker.prompter().filter(|_| !pipe.exact);
    let (observed, plan, guard) = pipe.planned(&mut site, None, prompter)?;
    if !plan.blockers.is_empty() {
        return Ok(pipe.blocked(&plan));
    }
    if let Some(saved) = saved
        && (saved.site != site || saved.steps != steps(&plan))
    {
        return Err(Error::new(say::stale()).hint(say::stale_hint()));
    }
    let exit = pipe.proceed(&site, &plan, &observed, &guard, asker.prompter())?;
    if exit == Exit::Done && !pipe.dry_run {
        tidy(opened.file.path());
        if !pipe.no_lock {
            pipe.look(async |observer| sweep(observer, &site, &observed, &guard).await);
        }
    }
    Ok(exit)
}

/// Takes away the files that a run that died did not finish.
fn tidy(site: &Path) {
    let folder = site
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    file::tidy(folder.unwrap_or(Path::new(".")));
    file::tidy(&undo::folder_of(site));
}

/// Takes away the locks of a run that died and whose changes this run has finished.
async fn sweep(observer: &Observer<'_>, site: &Site, observed: &Observed, guard: &Guard) {
    let shelf = match (guard, lock::bucket_of(site, observed)) {
        (Guard::Bucket(shelf), _) => Ok(shelf.clone()),
        (Guard::None, Some(bucket)) => Shelf::open(observer, &bucket).await,
        (Guard::None, None) => return,
    };
    if let Ok(shelf) = shelf {
        lock::sweep(observer, &shelf, site).await;
    }
}

fn read(path: &Path) -> Result<Saved> {
    file::read_as(path)?.ok_or_else(|| Error::usage(file_msg::missing(path.display())))
}
