"""Steps about inline policies: whole ones, the grammar, the size that they share, listings."""

import json

from roles import API, encoded, role

QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
PUT = API + "API_PutRolePolicy.html"


def whole(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": statement}, separators=(",", ":"), ensure_ascii=False)


def of_size(characters):
    """Returns a document of so many characters."""
    frame = lambda name: whole([{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}"}])
    return frame("x" * (characters - len(frame(""))))


SMALL = of_size(120)


def lifecycle(it):
    """An inline policy from its making to its end.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html"""
    iam, name = role(it, "inline")
    delete, listing = API + "API_DeleteRolePolicy.html", API + "API_ListRolePolicies.html"
    one = {"RoleName": name, "PolicyName": "acme-app-s3-policy"}
    it.refuses("get of none", iam.get_role_policy, 404, "NoSuchEntity", **one)
    it.answers(
        "list of none", iam.list_role_policies, {"PolicyNames": [], "IsTruncated": False}, source=listing,
        RoleName=name,
    )
    odd = (
        '{\n\t"Version": "2012-10-17",\r\n  "Statement" : {"Sid":"A1","Effect":"Allow","Action":"s3:*",'
        '"Resource":"arn:aws:s3:::a+b&d","Condition":{"StringLike":{"s3:prefix":["\u00e9",""]}}}\n}\n'
    )
    it.answers("put", iam.put_role_policy, {}, source=PUT, PolicyDocument=odd, **one)
    shown = {"RoleName": name, "PolicyName": one["PolicyName"], "PolicyDocument": encoded(odd)}
    it.answers("get", iam.get_role_policy, shown, **one)
    it.answers("put over it", iam.put_role_policy, {}, source=PUT, PolicyDocument=SMALL, **one)
    it.answers("nothing of the first is left", iam.get_role_policy, {"PolicyDocument": encoded(SMALL)}, **one)
    it.answers("list", iam.list_role_policies, {"PolicyNames": [one["PolicyName"]]}, source=listing, RoleName=name)
    it.answers("delete", iam.delete_role_policy, {}, source=delete, **one)
    it.refuses("delete again", iam.delete_role_policy, 404, "NoSuchEntity", source=delete, **one)
    none = it.name("none")
    it.refuses(
        "put into no role", iam.put_role_policy, 404, "NoSuchEntity", source=PUT,
        RoleName=none, PolicyName="p", PolicyDocument=SMALL,
    )
    it.refuses("get of no role", iam.get_role_policy, 404, "NoSuchEntity", RoleName=none, PolicyName="p")
    it.refuses("list of no role", iam.list_role_policies, 404, "NoSuchEntity", source=listing, RoleName=none)
    for what, policy in [("a space", "a b"), ("a slash", "a/b"), ("129 characters", "x" * 129), ("Japanese", "方針")]:
        it.refuses(
            f"name with {what}", iam.put_role_policy, 400, "ValidationError", source=PUT,
            RoleName=name, PolicyName=policy, PolicyDocument=SMALL,
        )
    it.answers(
        "name of 128 characters", iam.put_role_policy, {}, source=PUT,
        RoleName=name, PolicyName="x" * 128, PolicyDocument=SMALL,
    )


def grammar(it):
    """Which documents are policies.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"""
    iam, name = role(it, "grammar")
    good = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

    def put(document):
        return {"RoleName": name, "PolicyName": "p", "PolicyDocument": document}

    def without(key):
        return whole([{k: v for k, v in good.items() if k != key}])

    def having(**more):
        return whole([{**good, **more}])

    for what, document in [
        ("no JSON", "{"),
        ("a list", "[]"),
        ("no statement", json.dumps({"Version": "2012-10-17"})),
        ("an empty list of statements", whole([])),
        ("a version that is none", json.dumps({"Version": "2026-01-01", "Statement": [good]})),
        ("an element that is none", json.dumps({"Statement": [good], "Comment": "x"})),
        ("no effect", without("Effect")),
        ("no action", without("Action")),
        ("no resource", without("Resource")),
        ("an effect in small letters", having(Effect="allow")),
        ("an action without its service", having(Action="GetObject")),
        ("an action that is a number", having(Action=7)),
        ("action and not-action", having(NotAction="s3:*")),
        ("resource and not-resource", having(NotResource="*")),
        ("a resource that is no ARN", having(Resource="my-bucket")),
        ("a partition that is none", having(Resource="arn:amazon:s3:::my-bucket")),
        ("a principal", having(Principal="*")),
        ("a Sid with a dash", having(Sid="no-dashes")),
        ("a Sid twice", whole([{**good, "Sid": "A"}, {**good, "Sid": "A"}])),
        ("a condition that is none", having(Condition={"Like": {"s3:prefix": "x"}})),
        ("a condition that is a text", having(Condition="x")),
        ("a statement's element that is none", having(Comment="x")),
    ]:
        it.refuses(what, iam.put_role_policy, 400, "MalformedPolicyDocument", **put(document))
    it.refuses(
        "Japanese", iam.put_role_policy, 400, "ValidationError", source=PUT,
        **put(having(Resource="arn:aws:s3:::日本")),
    )
    it.refuses("nothing", iam.put_role_policy, 400, "ValidationError", source=PUT, **put(""))
    for what, document in [
        ("one statement without a list", whole(good)),
        ("lists of one", having(Action=["s3:GetObject"], Resource=["*"])),
        ("not-action and not-resource", whole([{"Effect": "Deny", "NotAction": "iam:*", "NotResource": "*"}])),
        ("no version", json.dumps({"Statement": [good]})),
        ("an id", json.dumps({"Version": "2008-10-17", "Id": "x-1", "Statement": [good]})),
        ("a condition with its qualifier", having(Condition={"ForAnyValue:StringLike": {"aws:TagKeys": ["a*"]}})),
        ("wildcards", having(Action="s3:Get*", Resource="arn:aws:s3:::a-?-*/*")),
    ]:
        it.answers(what, iam.put_role_policy, {}, **put(document))


def size(it):
    """How much the inline policies of a role hold together.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    iam, name = role(it, "size")

    def put(policy, document):
        return {"RoleName": name, "PolicyName": policy, "PolicyDocument": document}

    full = 409, "LimitExceeded"
    it.answers("one half", iam.put_role_policy, {}, **put("one", of_size(5120)))
    it.answers("the other half", iam.put_role_policy, {}, **put("two", of_size(5120)))
    it.answers(
        "white space is not counted", iam.put_role_policy, {},
        **put("two", of_size(5120).replace(",", " ,\n\t ")),
    )
    it.refuses("one character more", iam.put_role_policy, *full, **put("two", of_size(5121)))
    it.refuses("a third", iam.put_role_policy, *full, **put("three", SMALL))
    it.answers("less", iam.put_role_policy, {}, **put("two", of_size(5000)))
    it.answers("now there is room", iam.put_role_policy, {}, **put("three", SMALL))


def listing(it):
    """Inline policies in pages.
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html"""
    iam, name = role(it, "paged")
    least = whole({"Effect": "Deny", "Action": "*", "Resource": "*"})
    for number in range(101):
        it.given(iam.put_role_policy, RoleName=name, PolicyName=f"p{number:03}", PolicyDocument=least)
    shown = {"length(PolicyNames)": 100, "IsTruncated": True}
    page = it.answers("100 to a page", iam.list_role_policies, shown, RoleName=name)
    it.answers(
        "the rest", iam.list_role_policies, {"length(PolicyNames)": 1, "IsTruncated": False},
        RoleName=name, Marker=(page or {}).get("Marker", ""),
    )
    it.answers(
        "pages of two", iam.list_role_policies, {"length(PolicyNames)": 2, "IsTruncated": True},
        RoleName=name, MaxItems=2,
    )
