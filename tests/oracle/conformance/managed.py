"""Steps about managed policies: whole ones, their versions, and what they are attached to."""

import json

from policies import QUOTAS, SMALL, of_size, whole
from roles import API, encoded, role

POLICY = "Policy.[PolicyName,Path,Arn,DefaultVersionId,AttachmentCount]"


def policy(it, what):
    iam, name = it.client("iam"), it.name(what)
    made = it.given(iam.create_policy, PolicyName=name, PolicyDocument=SMALL)
    return iam, made["Policy"]["Arn"]


def lifecycle(it):
    """A managed policy from its making to its end.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    iam, name = it.client("iam"), it.name("managed")
    get, delete, listing = (
        API + f"API_{operation}.html" for operation in ("GetPolicy", "DeletePolicy", "ListPolicies")
    )
    arn = f"arn:aws:iam::{it.account}:policy/jmc/{name}"
    it.refuses("get of none", iam.get_policy, 404, "NoSuchEntity", source=get, PolicyArn=arn)
    it.answers(
        "create", iam.create_policy, {POLICY: [name, "/jmc/", arn, "v1", 0]},
        PolicyName=name, Path="/jmc/", PolicyDocument=SMALL, Description="JMC",
        Tags=[{"Key": "jmc:site", "Value": "営業"}],
    )
    it.answers("get", iam.get_policy, {
        POLICY: [name, "/jmc/", arn, "v1", 0],
        "Policy.Tags": [{"Key": "jmc:site", "Value": "営業"}],
        "Policy.IsAttachable": True,
        "Policy.Description": "JMC",
    }, source=get, PolicyArn=arn)
    it.answers(
        "list", iam.list_policies, {"Policies[].Arn": [arn], "IsTruncated": False}, source=listing,
        Scope="Local", PathPrefix="/jmc/",
    )
    it.answers(
        "list what is attached", iam.list_policies, {"Policies": []}, source=listing,
        Scope="Local", OnlyAttached=True, PathPrefix="/jmc/",
    )
    it.refuses(
        "create again", iam.create_policy, 409, "EntityAlreadyExists",
        PolicyName=name, Path="/jmc/", PolicyDocument=SMALL,
    )
    it.refuses(
        "malformed", iam.create_policy, 400, "MalformedPolicyDocument",
        PolicyName=it.name("bad"), PolicyDocument="{",
    )
    it.refuses(
        "malformed by grammar", iam.create_policy, 400, "MalformedPolicyDocument",
        PolicyName=it.name("bad"), PolicyDocument=whole([{"Effect": "Allow", "Action": "s3:*"}]),
    )
    versions = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"
    for what, old in [("no version", {}), ("the version of 2008", {"Version": "2008-10-17"})]:
        statement = [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]
        it.refuses(
            what, iam.create_policy, 400, "MalformedPolicyDocument", source=versions,
            PolicyName=it.name("old"), PolicyDocument=json.dumps({**old, "Statement": statement}),
        )
    it.refuses(
        "over 6,144 characters", iam.create_policy, 409, "LimitExceeded", source=QUOTAS,
        PolicyName=it.name("over"), PolicyDocument=of_size(6145),
    )
    it.answers(
        "6,144 characters and white space", iam.create_policy, {}, source=QUOTAS,
        PolicyName=it.name("full"), PolicyDocument=of_size(6144).replace(",", " ,\n"),
    )
    it.refuses("name with a slash", iam.create_policy, 400, "ValidationError", PolicyName="a/b", PolicyDocument=SMALL)
    it.refuses(
        "name of 129 characters", iam.create_policy, 400, "ValidationError",
        PolicyName="x" * 129, PolicyDocument=SMALL,
    )
    it.answers("delete", iam.delete_policy, {}, source=delete, PolicyArn=arn)
    it.refuses("delete again", iam.delete_policy, 404, "NoSuchEntity", source=delete, PolicyArn=arn)
    it.refuses("get by a name", iam.get_policy, 400, "InvalidInput", source=get, PolicyArn=name)


def versions(it):
    """The versions of a managed policy.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html"""
    iam, arn = policy(it, "versions")
    get, delete, listing, default = (
        API + f"API_{operation}.html"
        for operation in ("GetPolicyVersion", "DeletePolicyVersion", "ListPolicyVersions", "SetDefaultPolicyVersion")
    )
    shown = "PolicyVersion.[VersionId,IsDefaultVersion]"
    first = {shown: ["v1", True], "PolicyVersion.Document": encoded(SMALL)}
    it.answers("get the first", iam.get_policy_version, first, source=get, PolicyArn=arn, VersionId="v1")
    it.answers("create", iam.create_policy_version, {shown: ["v2", False]}, PolicyArn=arn, PolicyDocument=of_size(121))
    it.answers(
        "the default has stayed", iam.get_policy, {"Policy.DefaultVersionId": "v1"},
        source=API + "API_GetPolicy.html", PolicyArn=arn,
    )
    it.answers(
        "create the new default", iam.create_policy_version, {shown: ["v3", True]},
        PolicyArn=arn, PolicyDocument=of_size(122), SetAsDefault=True,
    )
    it.answers(
        "the default has changed", iam.get_policy, {"Policy.DefaultVersionId": "v3"},
        source=API + "API_GetPolicy.html", PolicyArn=arn,
    )
    it.refuses(
        "malformed", iam.create_policy_version, 400, "MalformedPolicyDocument",
        PolicyArn=arn, PolicyDocument="{",
    )
    _, other = policy(it, "large")
    it.refuses(
        "over 6,144 characters", iam.create_policy_version, 409, "LimitExceeded", source=QUOTAS,
        PolicyArn=other, PolicyDocument=of_size(6145),
    )
    for size in (123, 124):
        it.given(iam.create_policy_version, PolicyArn=arn, PolicyDocument=of_size(size))
    it.refuses("a sixth", iam.create_policy_version, 409, "LimitExceeded", PolicyArn=arn, PolicyDocument=of_size(125))
    ids = "sort(Versions[].VersionId)"
    it.answers("list", iam.list_policy_versions, {
        ids: ["v1", "v2", "v3", "v4", "v5"], "Versions[?IsDefaultVersion].VersionId": ["v3"],
    }, source=listing, PolicyArn=arn)
    it.refuses(
        "delete the default", iam.delete_policy_version, 409, "DeleteConflict", source=delete,
        PolicyArn=arn, VersionId="v3",
    )
    it.answers("delete the first", iam.delete_policy_version, {}, source=delete, PolicyArn=arn, VersionId="v1")
    it.refuses("get the first", iam.get_policy_version, 404, "NoSuchEntity", source=get, PolicyArn=arn, VersionId="v1")
    it.refuses(
        "delete the first again", iam.delete_policy_version, 404, "NoSuchEntity", source=delete,
        PolicyArn=arn, VersionId="v1",
    )
    it.answers(
        "a number is not used again", iam.create_policy_version, {shown: ["v6", False]},
        PolicyArn=arn, PolicyDocument=SMALL,
    )
    it.answers("set the default", iam.set_default_policy_version, {}, source=default, PolicyArn=arn, VersionId="v2")
    it.answers(
        "document of the default", iam.get_policy_version,
        {shown: ["v2", True], "PolicyVersion.Document": encoded(of_size(121))},
        source=get, PolicyArn=arn, VersionId="v2",
    )
    it.refuses(
        "set a default that is none", iam.set_default_policy_version, 404, "NoSuchEntity", source=default,
        PolicyArn=arn, VersionId="v9",
    )
    it.refuses(
        "delete with versions", iam.delete_policy, 409, "DeleteConflict",
        source=API + "API_DeletePolicy.html", PolicyArn=arn,
    )
    it.refuses(
        "create for none", iam.create_policy_version, 404, "NoSuchEntity",
        PolicyArn=f"{arn}-none", PolicyDocument=SMALL,
    )


def attached(it):
    """Managed policies on a role.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html"""
    iam, name = role(it, "attached")
    _, arn = policy(it, "p00")
    detach, listing = API + "API_DetachRolePolicy.html", API + "API_ListAttachedRolePolicies.html"
    shown = "AttachedPolicies[].[PolicyName,PolicyArn]"
    it.answers(
        "list of none", iam.list_attached_role_policies, {"AttachedPolicies": [], "IsTruncated": False},
        source=listing,
        RoleName=name,
    )
    it.answers("attach", iam.attach_role_policy, {}, RoleName=name, PolicyArn=arn)
    it.answers("attach again", iam.attach_role_policy, {}, RoleName=name, PolicyArn=arn)
    it.answers("list", iam.list_attached_role_policies, {shown: [[it.name("p00"), arn]]}, source=listing, RoleName=name)
    it.answers(
        "it counts", iam.get_policy, {"Policy.AttachmentCount": 1}, source=API + "API_GetPolicy.html",
        PolicyArn=arn,
    )
    it.refuses(
        "delete the policy", iam.delete_policy, 409, "DeleteConflict", source=API + "API_DeletePolicy.html",
        PolicyArn=arn,
    )
    it.refuses(
        "delete the role", iam.delete_role, 409, "DeleteConflict", source=API + "API_DeleteRole.html",
        RoleName=name,
    )
    it.refuses("attach none", iam.attach_role_policy, 404, "NoSuchEntity", RoleName=name, PolicyArn=f"{arn}-none")
    it.refuses("attach to none", iam.attach_role_policy, 404, "NoSuchEntity", RoleName=it.name("none"), PolicyArn=arn)
    for number in range(1, 11):
        it.given(iam.create_policy, PolicyName=it.name(f"p{number:02}"), PolicyDocument=SMALL)
        if number < 10:
            it.given(iam.attach_role_policy, RoleName=name, PolicyArn=arn.replace("/p00", f"/p{number:02}"))
    eleventh = arn.replace("/p00", "/p10")
    it.refuses(
        "an eleventh", iam.attach_role_policy, 409, "LimitExceeded", source=QUOTAS,
        RoleName=name, PolicyArn=eleventh,
    )
    page = it.answers(
        "pages of six", iam.list_attached_role_policies, {"length(AttachedPolicies)": 6, "IsTruncated": True},
        source=listing, RoleName=name, MaxItems=6,
    )
    it.answers(
        "the rest", iam.list_attached_role_policies, {"length(AttachedPolicies)": 4, "IsTruncated": False},
        source=listing, RoleName=name, MaxItems=6, Marker=(page or {}).get("Marker", ""),
    )
    it.answers("detach", iam.detach_role_policy, {}, source=detach, RoleName=name, PolicyArn=arn)
    it.refuses("detach again", iam.detach_role_policy, 404, "NoSuchEntity", source=detach, RoleName=name, PolicyArn=arn)
    it.answers("now the eleventh", iam.attach_role_policy, {}, RoleName=name, PolicyArn=eleventh)
    it.refuses(
        "list of no role", iam.list_attached_role_policies, 404, "NoSuchEntity", source=listing,
        RoleName=it.name("none"),
    )
