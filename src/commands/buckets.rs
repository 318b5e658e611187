//! Owns `jmc-site add-bucket` and `jmc-site remove-bucket`: a site grows and shrinks,
//! and the pipe does the rest.

use super::opened::{Opened, read};
use super::session::{Asking, Session};
use crate::Environment;
use crate::answers::choice;
use crate::args::{AddBucket, Common, RemoveBucket};
use crate::error::{Error, Exit, Result};
use crate::messages::{Text, check as say, error as usage, names as msg};
use crate::prompt::{Prompter, QuestionId};
use crate::site::names::{BucketName, Folder, shortened};
use crate::site::{Bucket, BucketKind, Removal, RoleKind, Site};
use crate::ui::Ui;
use crate::wizard::bucket;
use std::collections::BTreeSet;
use std::path::Path;

/// The words for kinds of buckets.
const KINDS: [(&str, BucketKind); 3] = [
    ("data", BucketKind::Data),
    ("sql", BucketKind::Sql),
    ("program", BucketKind::Program),
];

fn word(kind: BucketKind) -> &'static str {
    KINDS
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or("", |(word, _)| *word)
}

fn flag(flag: &str, reason: Text) -> Error {
    Error::usage(usage::flag(flag, reason))
}

fn kind_and_name(value: &str) -> Result<(BucketKind, BucketName), Text> {
    let (kind, name) = value
        .split_once('=')
        .ok_or_else(|| msg::pair(shortened(value), "KIND=BUCKET"))?;
    Ok((choice(kind, &KINDS)?, BucketName::parse(name)?))
}

/// Runs `add-bucket`.
pub fn add(
    args: &AddBucket,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let given: Vec<(BucketKind, BucketName)> = args
        .bucket
        .iter()
        .map(|value| kind_and_name(value).map_err(|reason| flag("--bucket", reason)))
        .collect::<Result<_>>()?;
    let mut folders: BTreeSet<Folder> = args
        .data_folder
        .iter()
        .map(|value| Folder::parse(value).map_err(|reason| flag("--data-folder", reason)))
        .collect::<Result<_>>()?;
    let lock_bucket = args.lock.bucket()?;
    let home = args.home.home()?;
    let opened = Opened::open("add-bucket", common, ui, environment)?;
    let mut asker = Asking::find(common, ui, environment);
    let asked = given.is_empty();
    let buckets = match (asked, asker.prompter()) {
        (false, _) => given,
        (true, Some(prompter)) => ask_buckets(&opened, ui, prompter)?,
        (true, None) => return Err(missing("--bucket")),
    };
    let adds_data = buckets.iter().any(|(kind, name)| {
        *kind == BucketKind::Data
            && !opened
                .site
                .buckets_of(*kind)
                .any(|known| known.name == *name)
    });
    if adds_data && folders.is_empty() {
        folders = match asker.prompter() {
            Some(prompter) => {
                let known = opened.site.buckets.iter();
                let proposed = known.flat_map(|bucket| bucket.folders.clone());
                bucket::ask_folders(ui, prompter, proposed)?
            }
            None => return Err(missing("--data-folder")),
        };
    }
    let mut site = opened.site.clone();
    site.lock_bucket = lock_bucket.or(site.lock_bucket);
    site.policy_home = home.or(site.policy_home);
    for (kind, name) in buckets {
        include(&mut site, kind, name, &folders);
    }
    let pipe = opened.pipe("add-bucket", ui, &args.consent, &args.lock);
    let (observed, plan, guard) = pipe.planned(&mut site, None, asker.prompter())?;
    if !plan.blockers.is_empty() {
        return Ok(pipe.blocked(&plan));
    }
    pipe.proceed(&site, &plan, &observed, &guard, asker.prompter())
}

fn missing(flag: &str) -> Error {
    Error::usage(usage::missing_answers(flag)).hint(usage::missing_answers_hint())
}

/// Makes a bucket serve a kind, whether the site has it already or not.
fn include(site: &mut Site, kind: BucketKind, name: BucketName, folders: &BTreeSet<Folder>) {
    for removal in &mut site.removing {
        if removal.name == name {
            removal.kinds.remove(&kind);
        }
    }
    site.removing.retain(|removal| !removal.kinds.is_empty());
    let index = site.buckets.iter().position(|bucket| bucket.name == name);
    let index = index.unwrap_or_else(|| {
        site.buckets.push(Bucket {
            name,
            kinds: BTreeSet::new(),
            folders: BTreeSet::new(),
            origin: None,
        });
        site.buckets.len() - 1
    });
    if let Some(bucket) = site.buckets.get_mut(index) {
        bucket.kinds.insert(kind);
        if kind == BucketKind::Data {
            bucket.folders.extend(folders.iter().cloned());
        }
    }
}

fn ask_buckets(
    opened: &Opened,
    ui: &Ui,
    prompter: &mut dyn Prompter,
) -> Result<Vec<(BucketKind, BucketName)>> {
    let items = BucketKind::ALL.map(|kind| bucket::question(kind).1);
    let mut chosen = Vec::new();
    loop {
        let index = prompter.select(QuestionId::BucketKind, &say::ask_kind(), &items, 0)?;
        let Some(kind) = BucketKind::ALL.get(index) else {
            continue;
        };
        let at = (&*opened.session.runtime, opened.observer());
        let name = bucket::ask(ui, prompter, at, &opened.site.region, *kind, None)?;
        chosen.push((*kind, name));
        if !prompter.confirm(QuestionId::AnotherBucket, &say::ask_another(), false)? {
            return Ok(chosen);
        }
    }
}

/// Runs `remove-bucket`.
pub fn remove(
    args: &RemoveBucket,
    common: &Common,
    ui: &Ui,
    environment: &Environment<'_>,
) -> Result<Exit> {
    let (file, saved) = read(&common.site)?;
    let mut site = saved.clone();
    for value in &args.bucket {
        let (kinds, name) = match value.split_once('=') {
            Some(_) => {
                let (kind, name) =
                    kind_and_name(value).map_err(|reason| flag("--bucket", reason))?;
                (BTreeSet::from([kind]), name)
            }
            None => {
                let name = BucketName::parse(value).map_err(|reason| flag("--bucket", reason))?;
                let known = site.buckets.iter().find(|bucket| bucket.name == name);
                (
                    known.map(|bucket| bucket.kinds.clone()).unwrap_or_default(),
                    name,
                )
            }
        };
        exclude(&mut site, &name, &kinds)?;
    }
    for path in &args.also {
        spare(&site, path)?;
    }
    let lock_bucket = args.lock.bucket()?;
    let session = Session::start("remove-bucket", common, ui, environment)?;
    let opened = Opened::of(saved, file, session, common, environment)?;
    site.lock_bucket = lock_bucket.or(site.lock_bucket);
    let pipe = opened.pipe("remove-bucket", ui, &args.consent, &args.lock);
    let mut asker = Asking::find(common, ui, environment);
    let note = say::other_sites_note();
    let (observed, plan, guard) = pipe.planned(&mut site, Some(&note), asker.prompter())?;
    if !plan.blockers.is_empty() {
        return Ok(pipe.blocked(&plan));
    }
    pipe.proceed(&site, &plan, &observed, &guard, asker.prompter())
}

/// Takes a bucket out of some uses; what was granted for them is revoked by the plan.
fn exclude(site: &mut Site, name: &BucketName, kinds: &BTreeSet<BucketKind>) -> Result<()> {
    let all = KINDS.map(|(word, _)| word).join(", ");
    let absent = |kind: &str| Error::usage(say::bucket_not_in_site(name, kind));
    if kinds.is_empty() {
        // Named again after a run that did not finish: it is on its way out already.
        let leaving = site.removing.iter().any(|removal| removal.name == *name);
        return if leaving { Ok(()) } else { Err(absent(&all)) };
    }
    for kind in kinds {
        let serving = site.buckets_of(*kind).count();
        let bucket = site
            .buckets
            .iter_mut()
            .find(|bucket| bucket.name == *name && bucket.kinds.contains(kind))
            .ok_or_else(|| absent(word(*kind)))?;
        if serving == 1 {
            return Err(
                Error::usage(say::last_bucket(name, word(*kind))).hint(say::last_bucket_hint())
            );
        }
        bucket.kinds.remove(kind);
        if *kind == BucketKind::Data {
            bucket.folders.clear();
        }
        match site
            .removing
            .iter_mut()
            .find(|removal| removal.name == *name)
        {
            Some(removal) => {
                removal.kinds.insert(*kind);
            }
            None => site.removing.push(Removal {
                name: name.clone(),
                kinds: BTreeSet::from([*kind]),
            }),
        }
    }
    site.buckets.retain(|bucket| !bucket.kinds.is_empty());
    Ok(())
}

/// Refuses what another site still needs through the same role.
fn spare(site: &Site, path: &Path) -> Result<()> {
    let (_, other) = read(path)?;
    for role in RoleKind::ALL {
        if site.role(role) != other.role(role) {
            continue;
        }
        let needed = other.reach_of(role);
        if let Some(bucket) = site
            .revoked_of(role)
            .into_iter()
            .find(|name| needed.contains(name))
        {
            return Err(Error::new(say::needed_by(
                bucket,
                &other.name,
                path.display(),
            )));
        }
    }
    Ok(())
}
