//! Owns the JUnit XML of `check`, as CI systems read it: a suite for each site, a
//! case for each finding.

use super::{Finding, State};
use crate::messages::Lang;
use std::fmt::Write;

/// Writes a report; always English, as every machine-readable form.
pub fn report(sites: &[(String, Vec<Finding>)]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (site, findings) in sites {
        let failed = findings
            .iter()
            .filter(|finding| matches!(finding.state, State::Missing | State::Wrong))
            .count();
        let unknown = |accepted: bool| {
            let all = findings.iter();
            all.filter(|finding| finding.state == State::Unknown && finding.accepted == accepted)
                .count()
        };
        let (errors, skipped) = (unknown(false), unknown(true));
        // Writing to a string can't fail.
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"{errors}\" skipped=\"{skipped}\">",
            escaped(site),
            findings.len()
        );
        for finding in findings {
            case(&mut xml, finding);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, finding: &Finding) {
    let code = finding.what.code().unwrap_or_default();
    let name = escaped(&finding.subject);
    let evidence = escaped(finding.evidence.get(Lang::En));
    let fix = finding
        .fix
        .as_ref()
        .map(|fix| escaped(fix.get(Lang::En)))
        .unwrap_or_default();
    let _ = write!(xml, "    <testcase classname=\"{code}\" name=\"{name}\"");
    let _ = match finding.state {
        State::Ok => writeln!(xml, "/>"),
        State::Unknown if finding.accepted => writeln!(
            xml,
            ">\n      <skipped message=\"{evidence}\"/>\n    </testcase>"
        ),
        State::Unknown => writeln!(
            xml,
            ">\n      <error message=\"{evidence}\">{fix}</error>\n    </testcase>"
        ),
        State::Missing | State::Wrong => writeln!(
            xml,
            ">\n      <failure message=\"{evidence}\">{fix}</failure>\n    </testcase>"
        ),
    };
}

/// Escapes a text for XML, and leaves out what XML 1.0 can't carry at all.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
