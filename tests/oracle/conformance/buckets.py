"""Steps about buckets: where they are, whose they are, how they are set."""

from asking import IRELAND, OREGON, TOKYO, VIRGINIA

API = "https://docs.aws.amazon.com/AmazonS3/latest/API/"
REGION = 'ResponseMetadata.HTTPHeaders."x-amz-bucket-region"'
BLOCKED = "PublicAccessBlockConfiguration.[BlockPublicAcls,IgnorePublicAcls,BlockPublicPolicy,RestrictPublicBuckets]"


def at(region):
    return {"LocationConstraint": region}


def tagging(**tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def lifecycle(it):
    """A bucket from its making to its end.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""
    s3, name = it.client("s3"), it.name("life")
    it.refuses("head of none", s3.head_bucket, 404, "404", source=API + "API_HeadBucket.html", Bucket=name)
    it.answers(
        "create", s3.create_bucket, {"Location": f"http://{name}.s3.amazonaws.com/"},
        Bucket=name, CreateBucketConfiguration=at(TOKYO),
    )
    it.answers("head", s3.head_bucket, {REGION: TOKYO}, source=API + "API_HeadBucket.html", Bucket=name)
    it.answers(
        "list", s3.list_buckets, {"Buckets[].Name": [name]},
        source=API + "API_ListBuckets.html", Prefix=name,
    )
    it.answers(
        "location", s3.get_bucket_location, {"LocationConstraint": TOKYO},
        source=API + "API_GetBucketLocation.html", Bucket=name,
    )
    it.refuses(
        "create again", s3.create_bucket, 409, "BucketAlreadyOwnedByYou",
        Bucket=name, CreateBucketConfiguration=at(TOKYO),
    )
    it.given(s3.put_object, Bucket=name, Key="k")
    deleting = API + "API_DeleteBucket.html"
    it.refuses(
        "delete with content", s3.delete_bucket, 409, "BucketNotEmpty", source=API + "ErrorResponses.html",
        Bucket=name,
    )
    it.given(s3.delete_object, Bucket=name, Key="k")
    it.answers("delete", s3.delete_bucket, {}, status=204, source=deleting, Bucket=name)
    it.refuses("delete again", s3.delete_bucket, 404, "NoSuchBucket", source=API + "ErrorResponses.html", Bucket=name)


def names(it):
    """Names that S3 takes and does not take.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
    s3, run = it.client("s3"), it.token
    for what, name in [
        ("upper case", f"Upper-{run}"),
        ("underscore", f"under_score-{run}"),
        ("two characters", "ab"),
        ("64 characters", f"{'x' * 64}{run}"[-64:]),
        ("hyphen first", f"-begins-{run}"),
        ("hyphen last", f"ends-{run}-"),
        ("two dots together", f"two..dots-{run}"),
        ("an address", "192.168.5.4"),
        ("prefix xn--", f"xn--{run}"),
        ("prefix sthree-", f"sthree-{run}"),
        ("prefix amzn-s3-demo-", f"amzn-s3-demo-{run}"),
        ("suffix -s3alias", f"{run}-s3alias"),
        ("suffix --ol-s3", f"{run}--ol-s3"),
        ("suffix .mrap", f"{run}.mrap"),
        ("suffix --table-s3", f"{run}--table-s3"),
    ]:
        it.refuses(
            what, s3.create_bucket, 400, "InvalidBucketName",
            Bucket=name, CreateBucketConfiguration=at(TOKYO),
        )
    dotted = f"with.dots-{run}"
    it.answers("dots and digits", s3.create_bucket, {}, Bucket=dotted, CreateBucketConfiguration=at(TOKYO))
    long = f"{'x' * 63}{run}"[-63:]
    it.answers("63 characters", s3.create_bucket, {}, Bucket=long, CreateBucketConfiguration=at(TOKYO))


def regions(it):
    """Where a bucket is made, and what other regions say of it.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""
    tokyo, virginia, oregon = it.client("s3"), it.client("s3", VIRGINIA), it.client("s3", OREGON)
    name = it.name("place")
    errors = API + "ErrorResponses.html"
    illegal = 400, "IllegalLocationConstraintException"
    it.refuses("tokyo without a constraint", tokyo.create_bucket, *illegal, source=errors, Bucket=name)
    it.refuses(
        "tokyo for oregon", tokyo.create_bucket, *illegal,
        source=errors, Bucket=name, CreateBucketConfiguration=at(OREGON),
    )
    it.refuses(
        "tokyo for nowhere", tokyo.create_bucket, 400, "InvalidLocationConstraint",
        source=errors, Bucket=name, CreateBucketConfiguration=at("nowhere"),
    )
    it.refuses(
        "virginia for virginia", virginia.create_bucket, 400, "InvalidLocationConstraint",
        source=errors, Bucket=name, CreateBucketConfiguration=at(VIRGINIA),
    )
    it.refuses("nothing was made", tokyo.head_bucket, 404, "404", source=API + "API_HeadBucket.html", Bucket=name)
    it.answers("virginia", virginia.create_bucket, {"Location": f"/{name}"}, Bucket=name)
    it.answers("virginia again", virginia.create_bucket, {"Location": f"/{name}"}, source=errors, Bucket=name)
    it.answers(
        "location in virginia", virginia.get_bucket_location, {"LocationConstraint": None},
        source=API + "API_GetBucketLocation.html", Bucket=name,
    )
    it.answers(
        "head in virginia", virginia.head_bucket, {REGION: VIRGINIA}, source=API + "API_HeadBucket.html",
        Bucket=name,
    )
    it.refuses(
        "create from tokyo what is in virginia", tokyo.create_bucket, 409, "BucketAlreadyOwnedByYou",
        source=errors, Bucket=name, CreateBucketConfiguration=at(TOKYO),
    )
    it.refuses(
        "head from tokyo", tokyo.head_bucket, 301, "301", {REGION: VIRGINIA},
        source=API + "API_HeadBucket.html", Bucket=name,
    )
    redirects = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html"
    redirected = 301, "PermanentRedirect", {REGION: VIRGINIA}
    it.refuses("list from tokyo", tokyo.list_objects_v2, *redirected, source=redirects, Bucket=name)
    it.refuses("put from oregon", oregon.put_object, *redirected, source=redirects, Bucket=name, Key="k")
    it.refuses("tags from tokyo", tokyo.get_bucket_tagging, *redirected, source=redirects, Bucket=name)
    away = it.name("away")
    it.answers(
        "virginia for ireland", virginia.create_bucket, {}, Bucket=away, CreateBucketConfiguration=at(IRELAND),
    )
    it.answers(
        "location in ireland", it.client("s3", IRELAND).get_bucket_location, {"LocationConstraint": IRELAND},
        source=API + "API_GetBucketLocation.html", Bucket=away,
    )


def owners(it):
    """What a bucket says to accounts that it does not belong to.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html"""
    ours, theirs, name = it.client("s3"), it.client("s3", account=it.other), it.name("owned")
    it.given(ours.create_bucket, Bucket=name, CreateBucketConfiguration=at(TOKYO))
    it.given(ours.put_object, Bucket=name, Key="k", Body=b"x")
    it.refuses(
        "create what is somebody else's", theirs.create_bucket, 409, "BucketAlreadyExists",
        source=API + "ErrorResponses.html", Bucket=name, CreateBucketConfiguration=at(TOKYO),
    )
    it.refuses(
        "head of another account", theirs.head_bucket, 403, "403", source=API + "API_HeadBucket.html",
        Bucket=name,
    )
    denied = 403, "AccessDenied"
    it.refuses(
        "list of another account", theirs.list_objects_v2, *denied, source=API + "ErrorResponses.html",
        Bucket=name,
    )
    it.refuses(
        "put of another account", theirs.put_object, *denied, source=API + "ErrorResponses.html",
        Bucket=name, Key="k",
    )
    it.answers("right owner", ours.head_bucket, {}, Bucket=name, ExpectedBucketOwner=it.account)
    expected = {"Bucket": name, "ExpectedBucketOwner": it.other}
    it.refuses("head", ours.head_bucket, 403, "403", **expected)
    it.refuses("list", ours.list_objects_v2, *denied, **expected)
    it.refuses("head object", ours.head_object, 403, "403", Key="k", **expected)
    it.refuses("get object", ours.get_object, *denied, Key="k", **expected)
    it.refuses("put object", ours.put_object, *denied, Key="k", **expected)
    it.refuses("delete object", ours.delete_object, *denied, Key="k", **expected)
    it.refuses("get tags", ours.get_bucket_tagging, *denied, **expected)
    it.refuses("put tags", ours.put_bucket_tagging, *denied, Tagging=tagging(a="1"), **expected)
    it.refuses("get access block", ours.get_public_access_block, *denied, **expected)
    it.refuses(
        "put access block", ours.put_public_access_block, *denied,
        PublicAccessBlockConfiguration={"BlockPublicAcls": False}, **expected,
    )
    it.refuses("location", ours.get_bucket_location, *denied, **expected)
    it.refuses("delete", ours.delete_bucket, *denied, **expected)


def settings(it):
    """Tags and the block of public access.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetPublicAccessBlock.html"""
    s3, name = it.client("s3"), it.name("settings")
    it.given(s3.create_bucket, Bucket=name, CreateBucketConfiguration=at(TOKYO))
    new = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
    it.answers("a new bucket is blocked", s3.get_public_access_block, {BLOCKED: [True] * 4}, source=new, Bucket=name)
    it.answers(
        "set the block", s3.put_public_access_block, {}, source=API + "API_PutPublicAccessBlock.html",
        Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True},
    )
    it.answers(
        "what is not sent is off", s3.get_public_access_block, {BLOCKED: [True, True, False, False]},
        Bucket=name,
    )
    it.answers(
        "delete the block", s3.delete_public_access_block, {}, status=204,
        source=API + "API_DeletePublicAccessBlock.html", Bucket=name,
    )
    it.refuses("no block", s3.get_public_access_block, 404, "NoSuchPublicAccessBlockConfiguration", Bucket=name)
    it.refuses(
        "block of no bucket", s3.get_public_access_block, 404, "NoSuchBucket",
        source=API + "ErrorResponses.html", Bucket=it.name("none"),
    )
    get, put = API + "API_GetBucketTagging.html", API + "API_PutBucketTagging.html"
    it.refuses("no tags", s3.get_bucket_tagging, 404, "NoSuchTagSet", source=get, Bucket=name)
    it.answers(
        "set tags", s3.put_bucket_tagging, {}, status=204, source=put,
        Bucket=name, Tagging=tagging(site="営業", owner="csa"),
    )
    shown = "sort_by(TagSet, &Key)[].[Key,Value]"
    it.answers("tags", s3.get_bucket_tagging, {shown: [["owner", "csa"], ["site", "営業"]]}, source=get, Bucket=name)
    it.answers(
        "tags are replaced", s3.put_bucket_tagging, {}, status=204, source=put,
        Bucket=name, Tagging=tagging(a="1"),
    )
    it.answers("the others are gone", s3.get_bucket_tagging, {shown: [["a", "1"]]}, source=get, Bucket=name)
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    it.refuses("a tag twice", s3.put_bucket_tagging, 400, "InvalidTag", source=put, Bucket=name, Tagging=twice)
    it.refuses(
        "a tag of aws", s3.put_bucket_tagging, 400, "InvalidTag", source=put,
        Bucket=name, Tagging={"TagSet": [{"Key": "aws:a", "Value": "1"}]},
    )
    it.refuses(
        "a tag of 129 characters", s3.put_bucket_tagging, 400, "InvalidTag", source=put,
        Bucket=name, Tagging=tagging(**{"x" * 129: "1"}),
    )
    it.refuses(
        "tags of no bucket", s3.put_bucket_tagging, 404, "NoSuchBucket", source=API + "ErrorResponses.html",
        Bucket=it.name("none"), Tagging=tagging(a="1"),
    )
    it.answers(
        "delete tags", s3.delete_bucket_tagging, {}, status=204,
        source=API + "API_DeleteBucketTagging.html", Bucket=name,
    )
    it.refuses("no tags again", s3.get_bucket_tagging, 404, "NoSuchTagSet", source=get, Bucket=name)
