#!/usr/bin/env bash
# Sets a site up with the AWS CLI, as an operator would put the manual's steps into a script: one step after the other,
# each with a look at what is there already. The names come from the environment (see side-by-side).
set -euo pipefail

account=$(aws sts get-caller-identity --query Account --output text)
tags="{Key=jmc-site,Value=$SITE},{Key=Owner,Value=$OWNER}"

bucket() { # bucket NAME FOLDER...
    local name=$1 folder
    shift
    if ! aws s3api head-bucket --bucket "$name" --expected-bucket-owner "$account" >/dev/null 2>&1; then
        aws s3api create-bucket --bucket "$name" \
            --create-bucket-configuration "LocationConstraint=$AWS_REGION" >/dev/null
    fi
    aws s3api put-public-access-block --bucket "$name" --public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
    aws s3api put-bucket-tagging --bucket "$name" --tagging "TagSet=[$tags]"
    for folder; do
        if ! aws s3api head-object --bucket "$name" --key "$folder" >/dev/null 2>&1; then
            aws s3api put-object --bucket "$name" --key "$folder" >/dev/null
        fi
    done
}

put_policy() { # put_policy ROLE POLICY DOCUMENT: and reads it back
    aws iam put-role-policy --role-name "$1" --policy-name "$2" --policy-document "$3"
    aws iam get-role-policy --role-name "$1" --policy-name "$2" >/dev/null
}

grant() { # grant ROLE
    local policy document
    policy=$(aws iam list-role-policies --role-name "$1" --output text \
        --query "PolicyNames[?ends_with(@, 'app-s3-policy')]")
    document=$(aws iam get-role-policy --role-name "$1" --policy-name "$policy" --query PolicyDocument)
    document=$("$PYTHON" "$EDIT_POLICY" "$DATA_BUCKET" "$PROGRAM_BUCKET" "$SQL_BUCKET" <<<"$document")
    put_policy "$1" "$policy" "$document"
}

topic() { # topic EVENT
    local arn known
    arn=$(aws sns create-topic --name "jmc-$SITE-$1" --query TopicArn --output text)
    aws sns set-topic-attributes --topic-arn "$arn" --attribute-name DisplayName --attribute-value "JMC $SITE"
    aws sns tag-resource --resource-arn "$arn" --tags "Key=jmc-site,Value=$SITE" "Key=Owner,Value=$OWNER"
    known=$(aws sns list-subscriptions-by-topic --topic-arn "$arn" --output text \
        --query "Subscriptions[?Endpoint=='$MAIL'].Endpoint")
    if [ -z "$known" ]; then
        aws sns subscribe --topic-arn "$arn" --protocol email --notification-endpoint "$MAIL" >/dev/null
    fi
}

bucket "$DATA_BUCKET" import/ export/
bucket "$SQL_BUCKET" sql/
bucket "$PROGRAM_BUCKET" program/python/

role="jmc-$SITE-redshift-role"
arn="arn:aws:iam::$account:role/$role"
if ! aws iam get-role --role-name "$role" >/dev/null 2>&1; then
    aws iam create-role --role-name "$role" --assume-role-policy-document "$TRUST" \
        --tags "Key=jmc-site,Value=$SITE" "Key=Owner,Value=$OWNER" >/dev/null
fi
put_policy "$role" "jmc-$SITE-s3-policy" "$WAREHOUSE_POLICY"

roles=$(aws iam list-roles --query 'Roles[].RoleName' --output text | tr '\t' '\n')
grant "$(grep 'jmc-app-role$' <<<"$roles")"
grant "$(grep 'jmc-api-role$' <<<"$roles")"

attached() {
    aws redshift describe-clusters --cluster-identifier "$CLUSTER" --output text \
        --query "Clusters[0].IamRoles[?IamRoleArn=='$arn'].ApplyStatus"
}
if [ -z "$(attached)" ]; then
    aws redshift modify-cluster-iam-roles --cluster-identifier "$CLUSTER" --add-iam-roles "$arn" >/dev/null
fi
while [ "$(attached)" != in-sync ]; do sleep 3; done

topic success
topic failure
topic maintenance
