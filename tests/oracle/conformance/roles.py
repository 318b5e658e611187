"""Steps about the caller and about roles: their names, trust policies, tags and listings."""

import json

API = "https://docs.aws.amazon.com/IAM/latest/APIReference/"
ROLE = "Role.[RoleName,Path,Arn]"
ENTITY = "EntityAlreadyExists"


def trusting(service, **more):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = trusting("redshift.amazonaws.com")


def encoded(document):
    """Returns a document as IAM sends it back: percent-encoded by RFC 3986."""
    plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
    return "".join(c if c in plain else "".join(f"%{b:02X}" for b in c.encode()) for c in document)


def role(it, what):
    iam, name = it.client("iam"), it.name(what)
    it.given(iam.create_role, RoleName=name, AssumeRolePolicyDocument=TRUST)
    return iam, name


def account(it):
    """Who is calling, and the quotas of the account.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html"""
    who = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"
    shown = {"Account": it.account, "Arn": f"arn:aws:iam::{it.account}:root", "UserId": it.account}
    it.answers("caller", it.client("sts").get_caller_identity, shown, source=who)
    shown = {"Account": it.other, "Arn": f"arn:aws:iam::{it.other}:root"}
    it.answers("caller of another account", it.client("sts", account=it.other).get_caller_identity, shown, source=who)
    quotas = ["RolePolicySizeQuota", "PolicySizeQuota", "AttachedPoliciesPerRoleQuota", "VersionsPerPolicyQuota"]
    it.answers("quotas", it.client("iam").get_account_summary, {
        f"SummaryMap.{name}": value for name, value in zip(quotas, [10240, 6144, 10, 5])
    })


def lifecycle(it):
    """A role from its making to its end.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    iam, name = it.client("iam"), it.name("role")
    arn = f"arn:aws:iam::{it.account}:role/jmc/sites/{name}"
    get, delete = API + "API_GetRole.html", API + "API_DeleteRole.html"
    it.refuses("get of none", iam.get_role, 404, "NoSuchEntity", source=get, RoleName=name)
    it.answers(
        "create", iam.create_role, {ROLE: [name, "/jmc/sites/", arn]},
        RoleName=name, Path="/jmc/sites/", AssumeRolePolicyDocument=TRUST, Description="JMC é",
        Tags=[{"Key": "jmc:site", "Value": "営業"}],
    )
    it.answers("get", iam.get_role, {
        ROLE: [name, "/jmc/sites/", arn],
        "Role.AssumeRolePolicyDocument": encoded(TRUST),
        "Role.Tags": [{"Key": "jmc:site", "Value": "営業"}],
        "Role.Description": "JMC é",
        "Role.PermissionsBoundary": None,
    }, source=get, RoleName=name)
    it.refuses("create again", iam.create_role, 409, ENTITY, RoleName=name, AssumeRolePolicyDocument=TRUST)
    it.refuses(
        "create in other letters", iam.create_role, 409, ENTITY,
        RoleName=name.upper(), AssumeRolePolicyDocument=TRUST,
    )
    it.refuses(
        "create under another path", iam.create_role, 409, ENTITY,
        RoleName=name, Path="/other/", AssumeRolePolicyDocument=TRUST,
    )
    it.refuses(
        "get in another account", it.client("iam", account=it.other).get_role, 404, "NoSuchEntity",
        source=get, RoleName=name,
    )
    it.given(iam.put_role_policy, RoleName=name, PolicyName="p", PolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
    }))
    it.refuses("delete with a policy", iam.delete_role, 409, "DeleteConflict", source=delete, RoleName=name)
    it.given(iam.delete_role_policy, RoleName=name, PolicyName="p")
    it.answers("delete", iam.delete_role, {}, source=delete, RoleName=name)
    it.refuses("delete again", iam.delete_role, 404, "NoSuchEntity", source=delete, RoleName=name)


def names(it):
    """What a role may be called.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    iam, run = it.client("iam"), it.token
    good = {"AssumeRolePolicyDocument": TRUST}
    invalid = 400, "ValidationError"
    # Each with a name of its own: an AWS that takes what it should not makes the role.
    for number, (what, wrong) in enumerate([
        ("a space", {"RoleName": f"bad name-{run}"}),
        ("a slash", {"RoleName": f"bad/name-{run}"}),
        ("Japanese", {"RoleName": f"役割-{run}"}),
        ("65 characters", {"RoleName": f"{'x' * 65}{run}"[-65:]}),
        ("no name", {"RoleName": ""}),
        ("a path without its first slash", {"Path": "jmc/"}),
        ("a path without its last slash", {"Path": "/jmc"}),
        ("a description in Japanese", {"Description": "日本"}),
        ("a session of an hour less a second", {"MaxSessionDuration": 3599}),
    ]):
        it.refuses(what, iam.create_role, *invalid, **{"RoleName": it.name(f"named-{number}"), **good, **wrong})
    it.answers("64 characters", iam.create_role, {}, RoleName=f"{'x' * 64}{run}"[-64:], **good)
    it.answers("all signs", iam.create_role, {}, RoleName=f"a_+=,.@-{run}", **good)
    boundary = f"arn:aws:iam::{it.account}:policy/{it.name('none')}"
    it.refuses(
        "a boundary that is not there", iam.create_role, 404, "NoSuchEntity",
        RoleName=it.name("bound"), PermissionsBoundary=boundary, **good,
    )


def trust(it):
    """Which trust policies are taken.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    iam = it.client("iam")
    malformed = 400, "MalformedPolicyDocument"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    principal = {"Principal": {"Service": "redshift.amazonaws.com"}}
    whole = lambda value: json.dumps({"Version": "2012-10-17", "Statement": value})
    name = it.name("trust")
    for number, (what, document) in enumerate([
        ("no JSON", "{"),
        ("no statement", json.dumps({"Version": "2012-10-17"})),
        ("no principal", whole([statement])),
        ("a resource", trusting("redshift.amazonaws.com", Resource="*")),
        ("a service that is none", trusting("redshift")),
        ("an action of S3", whole([{**statement, **principal, "Action": "s3:GetObject"}])),
        ("no effect", whole([{**principal, "Action": "sts:AssumeRole"}])),
    ]):
        it.refuses(
            what, iam.create_role, *malformed,
            RoleName=it.name(f"trust-{number}"), AssumeRolePolicyDocument=document,
        )
    long = trusting([f"redshift.{'x' * 40}{n}.amazonaws.com" for n in range(40)])
    quotas = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
    it.refuses(
        "over 2,048 characters", iam.create_role, 409, "LimitExceeded", source=quotas,
        RoleName=it.name("long"), AssumeRolePolicyDocument=long,
    )
    two = trusting(["redshift-serverless.amazonaws.com", "redshift.amazonaws.com"])
    it.answers(
        "two services", iam.create_role, {"Role.AssumeRolePolicyDocument": encoded(two)},
        source=API + "API_CreateRole.html", RoleName=name, AssumeRolePolicyDocument=two,
    )
    update = API + "API_UpdateAssumeRolePolicy.html"
    it.answers("update", iam.update_assume_role_policy, {}, source=update, RoleName=name, PolicyDocument=TRUST)
    it.refuses(
        "update to no JSON", iam.update_assume_role_policy, *malformed, source=update,
        RoleName=name, PolicyDocument="{",
    )
    it.refuses(
        "update of none", iam.update_assume_role_policy, 404, "NoSuchEntity", source=update,
        RoleName=it.name("none"), PolicyDocument=TRUST,
    )
    it.answers(
        "it is the good one", iam.get_role, {"Role.AssumeRolePolicyDocument": encoded(TRUST)},
        source=API + "API_GetRole.html", RoleName=name,
    )


def tags(it):
    """Tags of a role.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html"""
    iam, name = role(it, "tagged")
    shown = "sort_by(Tags, &Key)[].[Key,Value]"
    listing = API + "API_ListRoleTags.html"
    it.answers("set", iam.tag_role, {}, RoleName=name, Tags=[{"Key": "jmc:site", "Value": "営業"}])
    it.answers("add", iam.tag_role, {}, RoleName=name, Tags=[{"Key": "owner", "Value": "csa"}])
    it.answers(
        "list", iam.list_role_tags, {shown: [["jmc:site", "営業"], ["owner", "csa"]], "IsTruncated": False},
        source=listing, RoleName=name,
    )
    it.answers("take one off", iam.untag_role, {}, source=API + "API_UntagRole.html", RoleName=name, TagKeys=["owner"])
    it.answers("one is left", iam.list_role_tags, {shown: [["jmc:site", "営業"]]}, source=listing, RoleName=name)
    it.refuses(
        "a tag of aws", iam.tag_role, 400, "InvalidInput",
        RoleName=name, Tags=[{"Key": "aws:x", "Value": "1"}],
    )
    it.refuses(
        "tags of none", iam.tag_role, 404, "NoSuchEntity",
        RoleName=it.name("none"), Tags=[{"Key": "a", "Value": "1"}],
    )


def listing(it):
    """Roles in pages.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html"""
    iam, path = it.client("iam"), f"/{it.token}/"
    for number in range(101):
        it.given(
            iam.create_role, RoleName=it.name(f"many-{number:03}"), Path=path, AssumeRolePolicyDocument=TRUST,
        )
    page = it.answers("100 to a page", iam.list_roles, {"length(Roles)": 100, "IsTruncated": True}, PathPrefix=path)
    marker = (page or {}).get("Marker", "")
    it.answers(
        "the rest", iam.list_roles, {"length(Roles)": 1, "IsTruncated": False},
        PathPrefix=path, Marker=marker,
    )
    it.answers(
        "pages of two", iam.list_roles, {"length(Roles)": 2, "IsTruncated": True},
        PathPrefix=path, MaxItems=2,
    )
    it.answers(
        "a listing has no tags", iam.list_roles, {"Roles[0].Tags": None}, PathPrefix=path, MaxItems=1,
    )
    it.answers(
        "another path", iam.list_roles, {"Roles": [], "IsTruncated": False}, PathPrefix=f"/none{path}",
    )
    it.refuses("a page of 1,001", iam.list_roles, 400, "ValidationError", MaxItems=1001)
    it.refuses("a page of none", iam.list_roles, 400, "ValidationError", MaxItems=0)
