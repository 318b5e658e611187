//! Owns what a run leaves behind for whoever reads it later: the record of the site, the commands that
//! go on from here, and the result as JSON.

use super::pipe::Pipe;
use crate::aws::apply::Report;
use crate::messages::plan as plan_say;
use crate::plan::Plan;
use crate::plan::diff::{matrix, pending};
use crate::plan::observed::Observed;
use crate::redshift::password::PasswordSource;
use crate::report;
use crate::report::outcome;
use crate::site::{ConnectionTest, Site};
use serde_json::{Value, json};

impl Pipe<'_> {
    /// Prints what stands alone as a record: matrix, values, what is pending, and the file.
    pub(super) fn record(&self, site: &Site, observed: &Observed) {
        outcome::matrix(self.ui, &matrix(site, observed));
        outcome::screens(self.ui, site);
        outcome::pending(self.ui, &pending(site, observed));
        self.ui.result("");
        self.ui.result(
            self.ui
                .text(&plan_say::site_file(self.file.path().display())),
        );
        self.ui
            .result(self.ui.text(&plan_say::replay(self.replay(site))));
        let check = self.on_this_site("check");
        self.ui.result(self.ui.text(&plan_say::next_check(check)));
    }

    /// Returns another command for this site, as this run reached it.
    pub(super) fn on_this_site(&self, command: &str) -> String {
        let mut command = vec![format!("jmc-site {command}")];
        if let Some(profile) = self.profile {
            command.push(format!("--profile {}", quoted(profile)));
        }
        command.push(format!(
            "--site {}",
            quoted(&self.file.path().display().to_string())
        ));
        command.join(" ")
    }

    /// Returns the command that goes on after a run that did not finish.
    pub(super) fn resume(&self) -> String {
        let mut command = vec![self.on_this_site("apply")];
        // Who was not asked this time can't be asked then either.
        if self.yes {
            command.push("--yes".to_owned());
        }
        if self.no_lock {
            command.push("--no-lock".to_owned());
        }
        command.join(" ")
    }

    /// Returns the command that does the same again without questions.
    pub fn replay(&self, site: &Site) -> String {
        let mut command = vec![self.on_this_site("init")];
        let typed = matches!(
            site.redshift.password,
            PasswordSource::Prompt | PasswordSource::Stdin
        );
        if typed && site.redshift.connection_test == ConnectionTest::Passed {
            command.push("--password-stdin".to_owned());
        }
        command.push("--no-input --yes".to_owned());
        command.join(" ")
    }

    /// Returns the result as JSON.
    pub fn value(
        &self,
        status: &str,
        site: &Site,
        plan: &Plan,
        report: Option<&Report>,
        observed: &Observed,
    ) -> Value {
        let waiting: Vec<Value> = pending(site, observed)
            .into_iter()
            .map(|(event, subscription)| json!({ "event": event, "subscription": subscription }))
            .collect();
        json!({
            "command": self.command,
            "status": status,
            "account": site.account,
            "region": site.region,
            "site_file": self.file.path().display().to_string(),
            "connection": self.connected,
            "plan": report::plan::value(plan),
            "report": report.map(outcome::report_value),
            "matrix": outcome::matrix_value(&matrix(site, observed)),
            "screens": outcome::screens_value(site),
            "pending_subscriptions": waiting,
        })
    }
}

/// Quotes an argument for a POSIX shell where it needs that.
pub fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}
