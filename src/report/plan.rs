//! Owns how a plan reads, before anything is done.

use super::{Detail, Line, describe, describe_unchanged, moves};
use crate::messages::plan as say;
use crate::plan::{Action, Plan, PolicyEdit, policy};
use crate::site::Site;
use crate::ui::{Ui, cells, pad};
use serde_json::{Value, json};

/// How many ARNs of an edit are shown before `...`: enough for three buckets and two statements.
const SHOWN_ARNS: usize = 6;

/// Prints a plan: what changes, with the differences of policies; what stays; what is in the way.
pub fn print(ui: &Ui, site: &Site, plan: &Plan) {
    ui.result("");
    ui.result(ui.text(&say::plan_heading(&site.account, &site.region)));
    let lines: Vec<(Line, Option<&Action>)> = plan
        .unchanged
        .iter()
        .map(|one| (describe_unchanged(one), None))
        .chain(
            plan.steps
                .iter()
                .map(|step| (describe(&step.action), Some(&step.action))),
        )
        .collect();
    let verbs = lines
        .iter()
        .map(|(line, _)| cells(ui.text(&line.verb)))
        .max()
        .unwrap_or(0);
    let subjects = lines
        .iter()
        .map(|(line, _)| cells(&line.subject))
        .max()
        .unwrap_or(0)
        .min(30);
    for (line, action) in &lines {
        ui.result(&text(ui, line, verbs, subjects));
        if let Some(Action::EditPolicy(edit)) = action {
            for change in edit.added.iter().chain(&edit.removed) {
                differences(ui, change);
            }
        }
    }
    for error in &plan.blockers {
        ui.result(&format!(
            "  ! {}  {}: {}",
            ui.text(&say::blocker()),
            error.code(),
            ui.text(error.text())
        ));
    }
    for note in &plan.notes {
        ui.result(&format!("  * {}", ui.text(note)));
    }
    if plan.blockers.is_empty() {
        let (creates, changes, deletes) = counts(plan);
        let (moved, revoked) = outgoing(plan);
        if moved > 0 {
            ui.result(&format!("  * {}", ui.text(&say::moved(moved))));
        }
        let totals = match revoked {
            0 => say::totals(creates, changes, deletes),
            revoked => say::totals_revoking(creates, changes, deletes, revoked),
        };
        ui.result(&format!("  {}", ui.text(&totals)));
    }
}

/// Returns how many things are created, changed, and deleted.
pub fn counts(plan: &Plan) -> (usize, usize, usize) {
    let creates = plan
        .steps
        .iter()
        .filter(|step| describe(&step.action).symbol == '+')
        .count();
    let deletes = edits(plan).filter(|edit| edit.after.is_none()).count();
    (creates, plan.steps.len() - creates - deletes, deletes)
}

fn edits(plan: &Plan) -> impl Iterator<Item = &PolicyEdit> {
    plan.steps.iter().filter_map(|step| match &step.action {
        Action::EditPolicy(edit) => Some(&**edit),
        _ => None,
    })
}

/// Returns how many ARNs move from one policy to another, and how many are taken away.
fn outgoing(plan: &Plan) -> (usize, usize) {
    let all = edits(plan).flat_map(|edit| {
        let arns = edit.removed.iter().flat_map(|change| &change.arns);
        arns.map(move |arn| moves(edit, arn))
    });
    all.fold((0, 0), |(moved, revoked), moves| match moves {
        true => (moved + 1, revoked),
        false => (moved, revoked + 1),
    })
}

/// Puts a line together; details that do not fit beside the subject go below it.
fn text(ui: &Ui, line: &Line, verbs: usize, subjects: usize) -> String {
    let details: Vec<&str> = line
        .details
        .iter()
        .map(|detail| match detail {
            Detail::Text(text) => ui.text(text),
            Detail::Name(name) => name,
        })
        .collect();
    let below = |text: &str| format!("{}{text}", " ".repeat(6));
    let lines: Vec<String> = details.iter().map(|detail| below(detail)).collect();
    let details = details.join(" ");
    let head = format!(
        "  {} {}  {}",
        line.symbol,
        pad(ui.text(&line.verb), verbs),
        pad(&line.subject, subjects)
    );
    if details.is_empty() {
        return head.trim_end().to_owned();
    }
    if cells(&head) + 2 + cells(&details) <= 80 {
        return format!("{head}  {details}");
    }
    let details = below(&details);
    let rest = if cells(&details) <= 80 {
        details
    } else {
        lines.join("\n")
    };
    format!("{}\n{rest}", head.trim_end())
}

fn differences(ui: &Ui, change: &policy::Change) {
    let actions: Vec<&str> = change
        .actions
        .iter()
        .map(|action| action.trim_start_matches("s3:"))
        .collect();
    ui.result(&format!("      {}", actions.join(", ")));
    let sign = match change.sign {
        policy::Sign::Grant => '+',
        policy::Sign::Revoke => '-',
    };
    for arn in change.arns.iter().take(SHOWN_ARNS) {
        ui.result(&format!("        {sign} {arn}"));
    }
    if change.arns.len() > SHOWN_ARNS {
        ui.result(&format!(
            "        {sign} ... ({})",
            change.arns.len() - SHOWN_ARNS
        ));
    }
}

/// Returns a plan as JSON.
pub fn value(plan: &Plan) -> Value {
    json!({
        "steps": plan.steps,
        "unchanged": plan.unchanged,
        "blockers": plan.blockers.iter().map(crate::error::Error::to_json).collect::<Vec<_>>(),
        "notes": plan
            .notes
            .iter()
            .map(|note| note.get(crate::messages::Lang::En))
            .collect::<Vec<_>>(),
    })
}
