//! Writes random policy documents for the property tests: any shape that IAM knows, in any
//! layout. The random bytes come from proptest, so a failing document shrinks.

/// Makes choices out of bytes; when they run out, always the first.
pub struct Dice<'a>(pub &'a [u8]);

impl Dice<'_> {
    pub fn below(&mut self, n: usize) -> usize {
        match self.0.split_first() {
            Some((byte, rest)) => {
                self.0 = rest;
                *byte as usize % n
            }
            None => 0,
        }
    }

    /// True once in `n` times; false when the bytes have run out.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    Text(String),
    Raw(&'static str),
}

const BUCKET_LEVEL: &[&str] = &["s3:ListBucket", "s3:GetBucketLocation"];
const WAREHOUSE: &[&str] = &["s3:PutObject", "s3:GetObject"];
const APPLICATION: &[&str] = &["s3:PutObject", "s3:GetObject", "s3:DeleteObject"];
const OTHER_ACTIONS: &[&str] = &[
    "s3:ListBucket",
    "s3:GetObject",
    "s3:GetObject*",
    "s3:*",
    "*",
    "s3:???Object",
    "S3:get*",
    "s3:PutObjectAcl",
    "s3:DeleteBucket",
    "sns:Publish",
    "s3:*Bucket*",
];
const RESOURCES: &[&str] = &[
    "arn:aws:s3:::old-a",
    "arn:aws:s3:::old-a/*",
    "arn:aws:s3:::old-b",
    "arn:aws:s3:::old-b/*",
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::new-*",
    "arn:aws:s3:::new-*/*",
    "arn:aws:s3:::*/*",
    "arn:*:s3:::new-data",
    "arn:aws:s3:::new-data/in/*",
    "arn:aws:s3:::new-data/?",
    "arn:aws:s3:::new-????",
    "arn:aws:s3:::*.csv",
    "arn:aws:s3:::new-data${aws:PrincipalTag/x}",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:*",
    "arn:aws:sns:*:111122223333:*",
    "arn:aws-cn:s3:::new-data/*",
];
/// What makes a document name the buckets already.
const NAMED: &[&str] = &[
    "arn:aws:s3:::new-data",
    "arn:aws:s3:::new-data/*",
    "arn:aws:s3:::new-sql",
    "arn:aws:s3:::new-sql/*",
];

/// Writes a policy document; `named` says whether it may name `new-data` and `new-sql`.
pub fn document(bytes: &[u8], named: bool) -> String {
    let mut dice = Dice(bytes);
    let layout = Layout::choose(&mut dice);
    let count = dice.below(5);
    let mut statements: Vec<Json> = (0..count).map(|_| statement(&mut dice, named)).collect();
    let statements = if statements.len() == 1 && dice.once_in(2) {
        statements.remove(0)
    } else {
        Json::Array(statements)
    };
    let mut members = vec![
        ("Version".to_owned(), Json::Text("2012-10-17".to_owned())),
        ("Statement".to_owned(), statements),
    ];
    if dice.once_in(5) {
        members.push(("Id".to_owned(), Json::Text("caf\u{e9} \"x\"".to_owned())));
    }
    if dice.once_in(6) {
        members.push((
            "Extra".to_owned(),
            Json::Raw("{ \"n\" : [1.50, -0, 1e2 ] }"),
        ));
    }
    if dice.once_in(6) {
        members.remove(0);
    }
    shuffle(&mut members, &mut dice);
    let mut out = String::new();
    layout.space(&mut out, &mut dice, 0, Gap::Around);
    layout.write(&Json::Object(members), 0, &mut out, &mut dice);
    layout.space(&mut out, &mut dice, 0, Gap::Around);
    out
}

fn statement(dice: &mut Dice, named: bool) -> Json {
    let mut members = Vec::new();
    let actions: Vec<&str> = match dice.below(6) {
        0 => BUCKET_LEVEL.to_vec(),
        1 => APPLICATION.to_vec(),
        2 => WAREHOUSE.to_vec(),
        3 => [APPLICATION, BUCKET_LEVEL].concat(),
        _ => (0..=dice.below(3))
            .map(|_| dice.pick(OTHER_ACTIONS))
            .collect(),
    };
    let mut actions: Vec<Json> = actions
        .into_iter()
        .map(|action| match dice.below(6) {
            4 => Json::Text(action.to_lowercase()),
            5 => Json::Text(action.replace("s3:", "S3:")),
            _ => Json::Text(action.to_owned()),
        })
        .collect();
    shuffle(&mut actions, dice);
    let key = if dice.once_in(9) {
        "NotAction"
    } else {
        "Action"
    };
    members.push((key.to_owned(), one_or_many(actions, dice)));

    let mut resources: Vec<Json> = Vec::new();
    for _ in 0..=dice.below(3) {
        let pool = if named && dice.once_in(3) {
            NAMED
        } else {
            RESOURCES
        };
        // Plain ARNs of other buckets are the most common by far.
        let pool = if dice.once_in(3) { pool } else { &pool[..4] };
        let name = dice.pick(pool).to_owned();
        if !resources
            .iter()
            .any(|known| matches!(known, Json::Text(text) if *text == name))
        {
            resources.push(Json::Text(name));
        }
    }
    let key = if dice.once_in(9) {
        "NotResource"
    } else {
        "Resource"
    };
    members.push((key.to_owned(), one_or_many(resources, dice)));

    let effect = if dice.once_in(5) { "Deny" } else { "Allow" };
    members.push(("Effect".to_owned(), Json::Text(effect.to_owned())));
    if dice.once_in(4) {
        members.push((
            "Sid".to_owned(),
            Json::Text(format!("Sid{}", dice.below(9))),
        ));
    }
    if dice.once_in(7) {
        let condition = Json::Raw("{\"StringLike\": {\"s3:prefix\":[\"a/*\", \"\\u00e9\"]} }");
        members.push(("Condition".to_owned(), condition));
    }
    if dice.once_in(16) {
        members.push(("Comment".to_owned(), Json::Raw("null")));
    }
    shuffle(&mut members, dice);
    Json::Object(members)
}

fn one_or_many(mut values: Vec<Json>, dice: &mut Dice) -> Json {
    if values.len() == 1 && dice.once_in(2) {
        values.remove(0)
    } else {
        Json::Array(values)
    }
}

fn shuffle<T>(values: &mut [T], dice: &mut Dice) {
    for i in (1..values.len()).rev() {
        values.swap(i, i - dice.below(i + 1));
    }
}

enum Layout {
    Minified,
    Spaced,
    Lines {
        newline: &'static str,
        unit: &'static str,
    },
    Chaos,
}

#[derive(Clone, Copy)]
enum Gap {
    /// Inside brackets, and after a comma between lines.
    Line,
    AfterComma,
    BeforeColon,
    AfterColon,
    Around,
}

impl Layout {
    fn choose(dice: &mut Dice) -> Self {
        match dice.below(8) {
            0 => Self::Minified,
            1 => Self::Spaced,
            2 => Self::Lines {
                newline: "\n",
                unit: "  ",
            },
            3 => Self::Lines {
                newline: "\n",
                unit: "    ",
            },
            4 => Self::Lines {
                newline: "\r\n",
                unit: "\t",
            },
            5 => Self::Lines {
                newline: "\n",
                unit: "",
            },
            _ => Self::Chaos,
        }
    }

    fn space(&self, out: &mut String, dice: &mut Dice, depth: usize, gap: Gap) {
        match (self, gap) {
            (Self::Chaos, _) => {
                for _ in 0..dice.below(4) {
                    out.push_str(dice.pick(&["", " ", "\n", "\t", "\r\n", "  "]));
                }
            }
            (Self::Spaced, Gap::AfterComma | Gap::AfterColon)
            | (Self::Lines { .. }, Gap::AfterColon) => out.push(' '),
            (Self::Lines { newline, unit }, Gap::Line | Gap::AfterComma) => {
                out.push_str(newline);
                out.push_str(&unit.repeat(depth));
            }
            _ => {}
        }
    }

    fn write(&self, value: &Json, depth: usize, out: &mut String, dice: &mut Dice) {
        match value {
            Json::Raw(raw) => out.push_str(raw),
            Json::Text(text) => quote(text, out, dice),
            Json::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    let gap = if i == 0 { Gap::Line } else { Gap::AfterComma };
                    self.space(out, dice, depth + 1, gap);
                    self.write(item, depth + 1, out, dice);
                    self.end(i + 1 == items.len(), out, dice, depth);
                }
                if items.is_empty() {
                    self.space(out, dice, depth, Gap::Around);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (i, (key, item)) in members.iter().enumerate() {
                    let gap = if i == 0 { Gap::Line } else { Gap::AfterComma };
                    self.space(out, dice, depth + 1, gap);
                    quote(key, out, dice);
                    self.space(out, dice, depth, Gap::BeforeColon);
                    out.push(':');
                    self.space(out, dice, depth, Gap::AfterColon);
                    self.write(item, depth + 1, out, dice);
                    self.end(i + 1 == members.len(), out, dice, depth);
                }
                out.push('}');
            }
        }
    }

    fn end(&self, last: bool, out: &mut String, dice: &mut Dice, depth: usize) {
        if last {
            self.space(out, dice, depth, Gap::Line);
        } else {
            self.space(out, dice, depth, Gap::BeforeColon);
            out.push(',');
        }
    }
}

/// Writes a string, now and then with an escape that nobody needs.
fn quote(text: &str, out: &mut String, dice: &mut Dice) {
    let escape = dice.below(24);
    out.push('"');
    for (i, c) in text.chars().enumerate() {
        match c {
            '"' => out.push_str("\\\""),
            '/' if escape == 23 => out.push_str("\\/"),
            c if i == 2 && escape == 22 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
