//! Everything that AWS remembers as one JSON value, without what no two runs share: times,
//! generated identifiers, temporary logins. Two runs that did the same compare equal.

use serde_json::{Map, Value, json};

use super::state::{AttachedRole, Bucket, ManagedPolicy, PublicAccessBlock, Role, State, Topic};

pub fn of(state: &State) -> Value {
    let named = |all: &mut dyn Iterator<Item = (String, Value)>| -> Value {
        Value::Object(all.collect::<Map<_, _>>())
    };
    json!({
        "buckets": named(&mut state.buckets.iter().map(|((partition, name), b)| {
            (format!("arn:{partition}:s3:::{name}"), bucket(b))
        })),
        "roles": named(&mut sorted(&state.roles, |r| &r.arn).map(|r| (r.arn.clone(), role(r)))),
        "policies": named(
            &mut sorted(&state.policies, |p| &p.arn).map(|p| (p.arn.clone(), policy(p))),
        ),
        "topics": named(&mut state.topics.values().map(|t| (t.arn.clone(), topic(t)))),
        "clusters": named(&mut state.clusters.iter().map(|c| {
            let value = json!({
                "region": c.region,
                "status": c.status,
                "roles": attached(&c.roles),
                "default_role": c.default_role,
            });
            (c.id.clone(), value)
        })),
        "namespaces": named(&mut state.namespaces.iter().map(|n| {
            let value = json!({
                "region": n.region,
                "status": n.status,
                "roles": attached(&n.roles),
                "default_role": n.default_role,
            });
            (n.name.clone(), value)
        })),
    })
}

fn sorted<T>(all: &[T], by: impl Fn(&T) -> &String) -> impl Iterator<Item = &T> {
    let mut all: Vec<&T> = all.iter().collect();
    all.sort_by(|a, b| by(a).cmp(by(b)));
    all.into_iter()
}

fn bucket(bucket: &Bucket) -> Value {
    let objects: Map<String, Value> = bucket
        .objects
        .iter()
        .map(|(key, object)| {
            let value = json!({
                "etag": object.etag,
                "size": object.body.len(),
                "type": object.content_type,
                "metadata": object.metadata,
            });
            (key.clone(), value)
        })
        .collect();
    json!({
        "account": bucket.account,
        "region": bucket.region,
        "tags": bucket.tags,
        "blocked": bucket.public_access_block.map(|b| b == PublicAccessBlock::ALL),
        "objects": objects,
    })
}

fn role(role: &Role) -> Value {
    let inline: Map<String, Value> = role
        .inline
        .iter()
        .map(|(name, document)| (name.clone(), json!(document.now())))
        .collect();
    json!({
        "description": role.description,
        "trust": role.trust,
        "boundary": role.boundary,
        "tags": role.tags,
        "inline": inline,
        "attached": role.attached,
    })
}

fn policy(policy: &ManagedPolicy) -> Value {
    let default = policy.versions.iter().find(|v| v.number == policy.default);
    json!({
        "description": policy.description,
        "tags": policy.tags,
        "document": default.map(|v| &v.document),
    })
}

fn topic(topic: &Topic) -> Value {
    let subscriptions: Vec<Value> = topic
        .subscriptions
        .iter()
        .map(|s| json!({"protocol": s.protocol, "endpoint": s.endpoint, "pending": s.pending}))
        .collect();
    json!({
        "attributes": topic.attributes,
        "tags": topic.tags,
        "subscriptions": subscriptions,
    })
}

fn attached(roles: &[AttachedRole]) -> Value {
    roles.iter().map(|r| json!(r.arn)).collect()
}
