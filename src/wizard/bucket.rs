//! Owns the questions about a bucket that every command asks in the same way: which one, and
//! which folders for data exchange are in it.

use crate::aws::observe::Observer;
use crate::error::{Error, Result};
use crate::messages::{Text, init as say};
use crate::plan::diff::usable_in;
use crate::plan::observed::BucketState;
use crate::prompt::{Prompter, QuestionId};
use crate::site::names::{BucketName, Folder, Region};
use crate::site::{Bucket, BucketKind};
use crate::ui::Ui;
use std::collections::BTreeSet;
use tokio::runtime::Runtime;

/// Returns the question for a bucket of a kind.
pub fn question(kind: BucketKind) -> (QuestionId, Text) {
    match kind {
        BucketKind::Data => (QuestionId::DataBucket, say::ask_data_bucket()),
        BucketKind::Sql => (QuestionId::SqlBucket, say::ask_sql_bucket()),
        BucketKind::Program => (QuestionId::ProgramBucket, say::ask_program_bucket()),
    }
}

/// Asks for the bucket of a kind until one is named that can be used in the region, and says
/// what is behind its name.
pub fn ask(
    ui: &Ui,
    prompter: &mut dyn Prompter,
    (runtime, observer): (&Runtime, Observer<'_>),
    region: &Region,
    kind: BucketKind,
    mut default: Option<String>,
) -> Result<BucketName> {
    let (id, question) = question(kind);
    loop {
        let rule = |text: &str| BucketName::parse(text).map(drop);
        let name = prompter.text(id, &question, default.take().as_deref(), &rule)?;
        let name = BucketName::parse(&name).map_err(Error::usage)?;
        match runtime.block_on(behind(&observer, region, &name)) {
            Ok(found) => {
                ui.say(&found);
                return Ok(name);
            }
            Err(error) => ui.error(&error),
        }
    }
}

/// Says what is behind a bucket's name, or why it can't be used.
async fn behind(observer: &Observer<'_>, region: &Region, name: &BucketName) -> Result<Text> {
    let looked = Bucket {
        name: name.clone(),
        kinds: BTreeSet::new(),
        folders: BTreeSet::new(),
        origin: None,
    };
    let state = observer.bucket(&looked, region.as_str()).await?;
    let account = observer.caller.account.as_str();
    usable_in(region.as_str(), account, name.as_str(), &state)?;
    let BucketState::Ours(_) = state else {
        return Ok(say::bucket_new(name));
    };
    let content = match observer.is_empty(name.as_str()).await? {
        true => say::bucket_empty(),
        false => say::bucket_not_empty(),
    };
    Ok(say::bucket_there(name, region, content))
}

/// Asks for at least one folder: first those that are proposed, each to be taken or left out
/// with `-`, then more until a line is empty.
pub fn ask_folders(
    ui: &Ui,
    prompter: &mut dyn Prompter,
    proposed: impl IntoIterator<Item = Folder>,
) -> Result<BTreeSet<Folder>> {
    let mut proposed = proposed.into_iter();
    let mut chosen = BTreeSet::new();
    let parse = |text: &str| match text {
        "" | "-" => Ok(None),
        _ => Folder::parse(text).map(Some),
    };
    loop {
        let default = proposed.next().map(String::from);
        let offered = default.is_some();
        let answer = prompter.text(
            QuestionId::DataFolder,
            &say::ask_folder(),
            Some(&default.unwrap_or_default()),
            &|text| parse(text).map(drop),
        )?;
        match parse(&answer).map_err(Error::usage)? {
            Some(folder) => {
                chosen.insert(folder);
            }
            None if offered => {}
            None if chosen.is_empty() => ui.say(&say::need_folder()),
            None => return Ok(chosen),
        }
    }
}
