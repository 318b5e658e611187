//! Owns how IAM's `*` and `?` match actions and ARNs. Pure text: no policies here.

/// How far a pattern, a list of patterns or a statement reaches a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    /// Nothing of the target.
    No,
    /// Perhaps some of the objects that the target stands for, surely not all.
    Hint,
    /// Some of the objects that the target stands for, surely not all.
    Part,
    /// Possibly all: it depends on the request, or AWS does not document it.
    Unsure,
    /// All of the target.
    Yes,
}

/// Says whether a pattern matches an action; both without regard to case.
///
/// Case: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html>
pub(super) fn action(pattern: &str, action: &str) -> Reach {
    if !matches(pattern, action, |a, b| a.eq_ignore_ascii_case(&b)) {
        return Reach::No;
    }
    // A wildcard in the service prefix is refused by IAM, except in `*` and `*:*`.
    let prefix = pattern.split(':').next().unwrap_or_default();
    if pattern == "*" || pattern == "*:*" || (pattern.contains(':') && !wild(prefix)) {
        Reach::Yes
    } else {
        Reach::Unsure
    }
}

/// Says how far a pattern reaches a resource, which is an ARN or an ARN that ends in `*`
/// and then stands for everything that begins so.
///
/// Wildcards work within the segments between colons, one at the end of a segment may
/// reach beyond, and none is allowed for the service:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>.
/// Whatever matches only by a freer reading, or through a policy variable, is `Unsure`.
pub(super) fn resource(pattern: &str, target: &str) -> Reach {
    if pattern == "*" {
        return Reach::Yes;
    }
    if differ_at_once(pattern, target) {
        return Reach::No;
    }
    if pattern.contains("${") {
        return freely(&without_variables(pattern), target);
    }
    match by_segment(pattern, target) {
        Reach::No => {}
        found => return found,
    }
    let short = pattern.matches(':').count() < 5;
    let completed = if short {
        // Missing segments are said to be completed with wildcards.
        freely(&format!("{pattern}:*"), target)
    } else {
        Reach::No
    };
    completed.max(freely(pattern, target))
}

/// Matches without regard to segments, and is therefore never a yes.
fn freely(pattern: &str, target: &str) -> Reach {
    if covers(pattern, target) {
        Reach::Unsure
    } else if intersects(pattern, target) {
        Reach::Hint
    } else {
        Reach::No
    }
}

fn by_segment(pattern: &str, target: &str) -> Reach {
    let segments: Vec<&str> = pattern.splitn(6, ':').collect();
    let targets: Vec<&str> = target.splitn(segments.len(), ':').collect();
    let complete = segments.len() == 6 || (segments.len() > 3 && pattern.ends_with('*'));
    if !complete || segments.len() != targets.len() || segments.get(2).is_some_and(|s| wild(s)) {
        return Reach::No;
    }
    let last = segments.len() - 1;
    if !(0..last).all(|i| covers(segments[i], targets[i])) {
        Reach::No
    } else if covers(segments[last], targets[last]) {
        Reach::Yes
    } else if intersects(segments[last], targets[last]) {
        Reach::Part
    } else {
        Reach::No
    }
}

/// Says whether two patterns differ before the first wildcard or variable: the usual case,
/// found out cheaply.
fn differ_at_once(one: &str, two: &str) -> bool {
    one.bytes()
        .zip(two.bytes())
        .take_while(|(a, b)| !b"*?$".contains(a) && !b"*?$".contains(b))
        .any(|(a, b)| a != b)
}

fn wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

fn without_variables(pattern: &str) -> String {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some(start) = rest.find("${") {
        plain.push_str(&rest[..start]);
        plain.push('*');
        rest = rest[start..]
            .find('}')
            .map_or("", |end| &rest[start + end + 1..]);
    }
    plain + rest
}

/// Says whether a pattern matches all that a target stands for.
///
/// A `*` in the target stands for any text, so only a `*` of the pattern can take it.
/// (`x/?*` is thus not seen to cover the objects of `x/*`: an error on the safe side.)
fn covers(pattern: &str, target: &str) -> bool {
    matches(pattern, target, |a, b| a == b)
}

fn matches(pattern: &str, target: &str, same: fn(u8, u8) -> bool) -> bool {
    let (pattern, target) = (pattern.as_bytes(), target.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < target.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b'?') if target[t] != b'*' => {
                // One character, which may be several bytes.
                p += 1;
                t += 1;
                while target.get(t).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    t += 1;
                }
            }
            Some(byte) if same(*byte, target[t]) && *byte != b'?' => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Says whether some text matches both patterns.
fn intersects(one: &str, two: &str) -> bool {
    let one: Vec<char> = one.chars().collect();
    let two: Vec<char> = two.chars().collect();
    // row[j]: can one[i..] and two[j..] match the same text? Filled from the end.
    let mut below = vec![false; two.len() + 1];
    for i in (0..=one.len()).rev() {
        let mut row = vec![false; two.len() + 1];
        for j in (0..=two.len()).rev() {
            row[j] = match (one.get(i), two.get(j)) {
                (None, None) => true,
                (Some('*'), None) => below[j],
                (None, Some('*')) => row[j + 1],
                (Some('*'), Some(_)) | (Some(_), Some('*')) => {
                    below[j] || row[j + 1] || below[j + 1]
                }
                (Some(a), Some(b)) => (a == b || *a == '?' || *b == '?') && below[j + 1],
                _ => false,
            };
        }
        below = row;
    }
    below[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_match_without_case_and_with_wildcards() {
        for (pattern, expected) in [
            ("s3:GetObject", Reach::Yes),
            ("S3:getobject", Reach::Yes),
            ("s3:Get*", Reach::Yes),
            ("s3:???Object", Reach::Yes),
            ("s3:*Object", Reach::Yes),
            ("*", Reach::Yes),
            ("*:*", Reach::Yes),
            ("s3:*", Reach::Yes),
            ("s3*", Reach::Unsure),
            ("s?:GetObject", Reach::Unsure),
            ("s3:GetObject?", Reach::No),
            ("s3:GetObjectAcl", Reach::No),
            ("s3express:*", Reach::No),
            ("", Reach::No),
        ] {
            assert_eq!(action(pattern, "s3:GetObject"), expected, "{pattern}");
        }
    }

    #[test]
    fn a_bucket_is_matched_segment_by_segment() {
        for (pattern, expected) in [
            ("*", Reach::Yes),
            ("arn:aws:s3:::data", Reach::Yes),
            ("arn:aws:s3:::d?t*", Reach::Yes),
            ("arn:*:s3:::data", Reach::Yes),
            ("arn:aws:s3:*:*:data", Reach::Yes),
            ("arn:aws:s3:::*", Reach::Yes),
            ("arn:aws:s3:*", Reach::Yes),
            ("arn:aws:s3::*", Reach::Yes),
            ("arn:aws:s3", Reach::Unsure),
            ("arn:aws:s3:*:data", Reach::Unsure),
            ("arn:aws:*:::data", Reach::Unsure),
            ("arn:*", Reach::Unsure),
            ("arn:aws:s3:::${aws:PrincipalTag/bucket}", Reach::Unsure),
            ("arn:aws:s3:::x-${aws:username}", Reach::No),
            ("arn:aws:s3:::Data", Reach::No),
            ("arn:aws:s3:::data/*", Reach::No),
            ("arn:aws:s3:::data?", Reach::No),
            ("arn:aws-cn:s3:::data", Reach::No),
            ("arn:aws:s3:us-east-1::data", Reach::No),
            ("arn:aws:s3express:::data", Reach::No),
        ] {
            assert_eq!(
                resource(pattern, "arn:aws:s3:::data"),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn all_objects_are_covered_only_by_a_star() {
        for (pattern, expected) in [
            ("arn:aws:s3:::data/*", Reach::Yes),
            ("arn:aws:s3:::data*", Reach::Yes),
            ("arn:aws:s3:::*/*", Reach::Yes),
            ("arn:aws:s3:::*", Reach::Yes),
            ("arn:aws:s3:::data/**", Reach::Yes),
            ("arn:aws:s3:::data/?", Reach::Part),
            ("arn:aws:s3:::data/in/*", Reach::Part),
            ("arn:aws:s3:::*.csv", Reach::Part),
            ("arn:aws:s3:::data/one", Reach::Part),
            ("arn:aws:s3:::data", Reach::No),
            ("arn:aws:s3:::dat/*", Reach::No),
            ("arn:aws:s3:::data/${aws:userid}/*", Reach::Hint),
            ("arn:aws:s3:::${aws:PrincipalTag/bucket}/*", Reach::Unsure),
            // A key such as `x:s3:::data`, if a star may cross the colons.
            ("arn:*:s3:::data", Reach::Hint),
        ] {
            assert_eq!(
                resource(pattern, "arn:aws:s3:::data/*"),
                expected,
                "{pattern}"
            );
        }
    }
}
