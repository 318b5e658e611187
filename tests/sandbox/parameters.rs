//! What the operations honour of a request. Anything else that AWS would act on is refused as
//! loudly as an operation that is not there: to leave it out silently would be a lie.

use serde_json::Value;

use super::call::{Call, Service};
use super::query::Form;
use super::refusal::Refusal;
use super::wire::Request;

/// Refuses a call with a parameter that its operation does not know here.
pub fn check(call: &Call, request: &Request) -> Result<(), Refusal> {
    let unknown = match call.service {
        Service::S3 => s3(call, request),
        service if service.speaks_json() => {
            let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let sent = input.as_object().into_iter().flatten();
            let sent = sent.filter(|(_, value)| !value.is_null());
            first_unknown(call, sent.map(|(name, _)| name.as_str()))?
        }
        _ => {
            let form = Form::of(request);
            let sent = form.names().filter(|n| !matches!(*n, "Action" | "Version"));
            first_unknown(call, sent)?
        }
    };
    match unknown {
        None => Ok(()),
        Some(name) => {
            let operation = format!("{} ({name})", call.operation);
            Err(Refusal::not_implemented(call.service.name(), &operation))
        }
    }
}

fn first_unknown<'a>(
    call: &Call,
    mut sent: impl Iterator<Item = &'a str>,
) -> Result<Option<String>, Refusal> {
    let known = honoured(call.service, &call.operation)
        .ok_or_else(|| Refusal::not_implemented(call.service.name(), &call.operation))?;
    let known: Vec<&str> = known.split(' ').collect();
    // `Tags.member.1.Key` is a part of `Tags`.
    let root = |name: &'a str| name.split('.').next().unwrap_or(name);
    let found = sent.find(|name| !known.contains(&root(name)));
    Ok(found.map(str::to_owned))
}

/// Returns the parameters of an operation; none for an operation that is not there.
fn honoured(service: Service, operation: &str) -> Option<&'static str> {
    let found = match service {
        Service::Iam => iam(operation)?,
        Service::Sts => match operation {
            "GetCallerIdentity" => "",
            _ => return None,
        },
        Service::Sns => sns(operation)?,
        Service::Redshift => match operation {
            "DescribeClusters" => "ClusterIdentifier MaxRecords Marker",
            "ModifyClusterIamRoles" => {
                "ClusterIdentifier AddIamRoles RemoveIamRoles DefaultIamRoleArn"
            }
            "GetClusterCredentials" => "ClusterIdentifier DbUser DbName AutoCreate DurationSeconds",
            "GetClusterCredentialsWithIAM" => "ClusterIdentifier DbName DurationSeconds",
            _ => return None,
        },
        Service::RedshiftServerless => match operation {
            "GetWorkgroup" => "workgroupName",
            "GetNamespace" => "namespaceName",
            "UpdateNamespace" => "namespaceName iamRoles defaultIamRoleArn",
            "GetCredentials" => "workgroupName dbName durationSeconds",
            _ => return None,
        },
        Service::SecretsManager => match operation {
            "GetSecretValue" => "SecretId",
            _ => return None,
        },
        Service::S3 => return None,
    };
    Some(found)
}

fn iam(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "GetAccountSummary" => "",
        "GetRole" | "DeleteRole" => "RoleName",
        "ListRoles" => "PathPrefix Marker MaxItems",
        "CreateRole" => {
            "RoleName Path AssumeRolePolicyDocument Description MaxSessionDuration \
             PermissionsBoundary Tags"
        }
        "UpdateAssumeRolePolicy" => "RoleName PolicyDocument",
        "TagRole" => "RoleName Tags",
        "UntagRole" => "RoleName TagKeys",
        "ListRoleTags" | "ListRolePolicies" | "ListAttachedRolePolicies" => {
            "RoleName Marker MaxItems"
        }
        "GetRolePolicy" | "DeleteRolePolicy" => "RoleName PolicyName",
        "PutRolePolicy" => "RoleName PolicyName PolicyDocument",
        "AttachRolePolicy" | "DetachRolePolicy" => "RoleName PolicyArn",
        "CreatePolicy" => "PolicyName Path PolicyDocument Description Tags",
        "ListPolicies" => "Scope OnlyAttached PathPrefix Marker MaxItems",
        "GetPolicy" | "DeletePolicy" => "PolicyArn",
        "CreatePolicyVersion" => "PolicyArn PolicyDocument SetAsDefault",
        "ListPolicyVersions" => "PolicyArn Marker MaxItems",
        "GetPolicyVersion" | "SetDefaultPolicyVersion" | "DeletePolicyVersion" => {
            "PolicyArn VersionId"
        }
        _ => return None,
    })
}

fn sns(operation: &str) -> Option<&'static str> {
    Some(match operation {
        "CreateTopic" => "Name Attributes Tags",
        "ListTopics" => "NextToken",
        "DeleteTopic" | "GetTopicAttributes" => "TopicArn",
        "SetTopicAttributes" => "TopicArn AttributeName AttributeValue",
        "TagResource" => "ResourceArn Tags",
        "UntagResource" => "ResourceArn TagKeys",
        "ListTagsForResource" => "ResourceArn",
        "Subscribe" => "TopicArn Protocol Endpoint Attributes ReturnSubscriptionArn",
        "ConfirmSubscription" => "TopicArn Token AuthenticateOnUnsubscribe",
        "Unsubscribe" | "GetSubscriptionAttributes" => "SubscriptionArn",
        "ListSubscriptionsByTopic" => "TopicArn NextToken",
        _ => return None,
    })
}

/// The headers of S3 that every operation may come with.
const EVERYWHERE: &[&str] = &[
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-trailer-signature",
    "x-amz-user-agent",
];
/// The headers that HTTP has for everybody, and that S3 acts on.
const CONDITIONS: &[&str] = &[
    "cache-control",
    "content-disposition",
    "content-language",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
];

/// Returns what a request to S3 asks for beyond what its operation does here.
fn s3(call: &Call, request: &Request) -> Option<String> {
    let (headers, queries): (&[&str], &[&str]) = match call.operation.as_str() {
        "ListBuckets" => (&[], &["prefix", "bucket-region", "max-buckets", TOKEN]),
        "CreateBucket" => (
            &[
                "x-amz-acl",
                "x-amz-bucket-namespace",
                "x-amz-object-ownership",
            ],
            &[],
        ),
        "ListObjectsV2" => (
            &[],
            &[
                "list-type",
                "prefix",
                "delimiter",
                "max-keys",
                "start-after",
                "encoding-type",
                TOKEN,
            ],
        ),
        "GetBucketLocation" => (&[], &["location"]),
        "GetBucketTagging" | "PutBucketTagging" | "DeleteBucketTagging" => (&[], &["tagging"]),
        "GetPublicAccessBlock" | "PutPublicAccessBlock" | "DeletePublicAccessBlock" => {
            (&[], &["publicAccessBlock"])
        }
        "PutObject" => (&["x-amz-acl", "if-match", "if-none-match"], &[]),
        // A range is refused where its operation is.
        "GetObject" | "HeadObject" => (
            &["x-amz-checksum-mode", "if-match", "if-none-match", "range"],
            &[],
        ),
        "DeleteObject" => (&["if-match"], &[]),
        "HeadBucket" | "DeleteBucket" => (&[], &[]),
        // It is refused as a whole.
        _ => return None,
    };
    let puts = call.operation == "PutObject";
    let header = request.headers.iter().find(|(name, value)| {
        let name = name.as_str();
        let known = EVERYWHERE.contains(&name)
            || headers.contains(&name)
            || name.starts_with("x-amz-checksum-") && name != "x-amz-checksum-mode"
            || puts && name.starts_with("x-amz-meta-");
        let only = match name {
            "x-amz-object-ownership" => value == "BucketOwnerEnforced",
            "content-encoding" => value.split(',').all(|e| e.trim() == "aws-chunked"),
            _ => true,
        };
        let acted_on = name.starts_with("x-amz-") || CONDITIONS.contains(&name);
        (acted_on && !known) || !only
    });
    let query = request.query.iter().find(|(name, _)| {
        let signed = name.to_ascii_lowercase().starts_with("x-amz-");
        !signed && name != "x-id" && !queries.contains(&name.as_str())
    });
    header.or(query).map(|(name, _)| name.clone())
}

const TOKEN: &str = "continuation-token";
