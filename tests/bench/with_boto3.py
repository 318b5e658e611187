"""Sets a site up with boto3, as an operator would put the manual's steps into a script: one step after the other, each
with a look at what is there already. The names come from the environment (see side-by-side)."""

import json
import os
import time

import boto3
from botocore.exceptions import ClientError
from edit_policy import with_buckets

SITE, OWNER, MAIL, CLUSTER = (os.environ[name] for name in ("SITE", "OWNER", "MAIL", "CLUSTER"))
DATA, SQL, PROGRAM = (os.environ[f"{kind}_BUCKET"] for kind in ("DATA", "SQL", "PROGRAM"))
REGION = os.environ["AWS_REGION"]
TAGS = [{"Key": "jmc-site", "Value": SITE}, {"Key": "Owner", "Value": OWNER}]

session = boto3.Session(region_name=REGION)
s3, iam, sns, redshift = (session.client(name) for name in ("s3", "iam", "sns", "redshift"))
account = session.client("sts").get_caller_identity()["Account"]


def is_there(look, **names):
    try:
        look(**names)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


def bucket(name, folders):
    if not is_there(s3.head_bucket, Bucket=name, ExpectedBucketOwner=account):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    settings = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(settings, True))
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": TAGS})
    for folder in folders:
        if not is_there(s3.head_object, Bucket=name, Key=folder):
            s3.put_object(Bucket=name, Key=folder)


def put_policy(role, policy, document):
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)
    iam.get_role_policy(RoleName=role, PolicyName=policy)


def grant(role):
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    (policy,) = (name for name in names if name.endswith("app-s3-policy"))
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    put_policy(role, policy, json.dumps(with_buckets(document, [DATA, PROGRAM, SQL])))


def attached(arn):
    cluster = redshift.describe_clusters(ClusterIdentifier=CLUSTER)["Clusters"][0]
    return {role["IamRoleArn"]: role["ApplyStatus"] for role in cluster["IamRoles"]}.get(arn)


def topic(event):
    arn = sns.create_topic(Name=f"jmc-{SITE}-{event}")["TopicArn"]
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue=f"JMC {SITE}")
    sns.tag_resource(ResourceArn=arn, Tags=TAGS)
    known = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    if not any(subscription["Endpoint"] == MAIL for subscription in known):
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=MAIL)


bucket(DATA, ["import/", "export/"])
bucket(SQL, ["sql/"])
bucket(PROGRAM, ["program/python/"])

role = f"jmc-{SITE}-redshift-role"
if not is_there(iam.get_role, RoleName=role):
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=os.environ["TRUST"], Tags=TAGS)
put_policy(role, f"jmc-{SITE}-s3-policy", os.environ["WAREHOUSE_POLICY"])

names = [found["RoleName"] for page in iam.get_paginator("list_roles").paginate() for found in page["Roles"]]
for suffix in ("jmc-app-role", "jmc-api-role"):
    (found,) = (name for name in names if name.endswith(suffix))
    grant(found)

arn = f"arn:aws:iam::{account}:role/{role}"
if attached(arn) is None:
    redshift.modify_cluster_iam_roles(ClusterIdentifier=CLUSTER, AddIamRoles=[arn])
while attached(arn) != "in-sync":
    time.sleep(3)

for event in ("success", "failure", "maintenance"):
    topic(event)
