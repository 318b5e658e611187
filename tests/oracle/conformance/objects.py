"""Steps about objects: whole ones, conditions on writing and deleting, listings."""

from buckets import API, at
from asking import TOKYO

EMPTY, TEXT = '"d41d8cd98f00b204e9800998ecf8427e"', '"5d41402abc4b2a76b9719d911017c592"'


def bucket(it, what):
    s3, name = it.client("s3"), it.name(what)
    it.given(s3.create_bucket, Bucket=name, CreateBucketConfiguration=at(TOKYO))
    return s3, name


def lifecycle(it):
    """An object from its writing to its end.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    s3, name = bucket(it, "object")
    put, delete = API + "API_PutObject.html", API + "API_DeleteObject.html"
    head, errors = API + "API_HeadObject.html", API + "ErrorResponses.html"
    folder = {"Bucket": name, "Key": "program/python/"}
    it.refuses("head of none", s3.head_object, 404, "404", source=head, **folder)
    it.refuses("get of none", s3.get_object, 404, "NoSuchKey", **folder)
    it.answers("put a folder", s3.put_object, {"ETag": EMPTY}, source=put, **folder)
    it.answers("head", s3.head_object, {"ETag": EMPTY, "ContentLength": 0}, source=head, **folder)
    odd = {"Bucket": name, "Key": "日本 語/+&=%.json"}
    it.answers(
        "put under an odd key", s3.put_object, {"ETag": TEXT}, source=put,
        Body=b"hello", ContentType="application/json", Metadata={"owner": "csa"}, **odd,
    )
    shown = {"Body": "hello", "ContentType": "application/json", "Metadata": {"owner": "csa"}, "ETag": TEXT}
    it.answers("get", s3.get_object, shown, **odd)
    it.answers("put over it", s3.put_object, {"ETag": EMPTY}, source=put, **odd)
    it.answers("get the new one", s3.get_object, {"Body": "", "Metadata": {}}, **odd)
    it.answers("delete", s3.delete_object, {}, status=204, source=delete, **odd)
    it.answers("delete again", s3.delete_object, {}, status=204, source=delete, **odd)
    it.refuses("get after the end", s3.get_object, 404, "NoSuchKey", **odd)
    none = {"Bucket": it.name("none"), "Key": "k"}
    it.refuses("put into no bucket", s3.put_object, 404, "NoSuchBucket", source=errors, **none)
    it.refuses("get from no bucket", s3.get_object, 404, "NoSuchBucket", source=errors, **none)
    it.refuses("delete from no bucket", s3.delete_object, 404, "NoSuchBucket", source=errors, **none)
    it.refuses("key of 1,025 bytes", s3.put_object, 400, "KeyTooLongError", source=errors, Bucket=name, Key="k" * 1025)


def conditions(it):
    """Writing and deleting only if.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
    s3, name = bucket(it, "condition")
    deletes = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html"
    failed = 412, "PreconditionFailed"
    one, none = {"Bucket": name, "Key": "lock"}, {"Bucket": name, "Key": "none"}
    it.answers("put if there is none", s3.put_object, {"ETag": EMPTY}, IfNoneMatch="*", **one)
    it.refuses("put if there is none, again", s3.put_object, *failed, IfNoneMatch="*", Body=b"hello", **one)
    it.answers("it is as it was", s3.get_object, {"Body": "", "ETag": EMPTY}, **one)
    it.answers("put if unchanged", s3.put_object, {"ETag": TEXT}, IfMatch=EMPTY, Body=b"hello", **one)
    it.refuses("put if unchanged, when changed", s3.put_object, *failed, IfMatch=EMPTY, **one)
    it.answers("the change has stayed", s3.get_object, {"Body": "hello"}, **one)
    it.refuses("put if unchanged, where there is none", s3.put_object, 404, "NoSuchKey", IfMatch=EMPTY, **none)
    it.refuses("it was not made", s3.head_object, 404, "404", **none)
    it.refuses("delete if unchanged, when changed", s3.delete_object, *failed, source=deletes, IfMatch=EMPTY, **one)
    it.answers("it is still there", s3.head_object, {"ETag": TEXT}, source=deletes, **one)
    it.answers("delete if unchanged", s3.delete_object, {}, status=204, source=deletes, IfMatch=TEXT, **one)
    it.refuses("it is gone", s3.head_object, 404, "404", source=deletes, **one)
    it.refuses(
        "delete if unchanged, where there is none", s3.delete_object, 404, "NoSuchKey",
        source=deletes, IfMatch=TEXT, **one,
    )
    it.given(s3.put_object, **one)
    it.answers("delete if there is one", s3.delete_object, {}, status=204, source=deletes, IfMatch="*", **one)
    it.refuses(
        "put into no bucket", s3.put_object, 404, "NoSuchBucket",
        IfNoneMatch="*", Bucket=it.name("none"), Key="k",
    )


def listings(it):
    """Listings, whole, in pages and by folder.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    s3, name = bucket(it, "listing")
    keys, folders = "Contents[].Key", "CommonPrefixes[].Prefix"
    it.answers("empty", s3.list_objects_v2, {keys: None, "KeyCount": 0, "IsTruncated": False}, Bucket=name, MaxKeys=1)
    for key in ["a/1", "a/2", "b/1", "c", "d"]:
        it.given(s3.put_object, Bucket=name, Key=key)
    it.answers(
        "all", s3.list_objects_v2, {keys: ["a/1", "a/2", "b/1", "c", "d"], "KeyCount": 5, "IsTruncated": False},
        Bucket=name,
    )
    it.answers("a prefix", s3.list_objects_v2, {keys: ["a/1", "a/2"]}, Bucket=name, Prefix="a/")
    first = {keys: ["c"], folders: ["a/", "b/"], "KeyCount": 3, "IsTruncated": True}
    page = it.answers("first page of folders", s3.list_objects_v2, first, Bucket=name, Delimiter="/", MaxKeys=3)
    token = (page or {}).get("NextContinuationToken", "")
    it.answers(
        "second page", s3.list_objects_v2, {keys: ["d"], folders: None, "IsTruncated": False},
        Bucket=name, Delimiter="/", MaxKeys=3, ContinuationToken=token,
    )
    it.answers("after a key", s3.list_objects_v2, {keys: ["c", "d"]}, Bucket=name, StartAfter="b/1")
    it.refuses(
        "no bucket", s3.list_objects_v2, 404, "NoSuchBucket", source=API + "ErrorResponses.html",
        Bucket=it.name("none"),
    )
    it.refuses(
        "a page size that is no number", s3.list_objects_v2, 400, "InvalidArgument", source=API + "ErrorResponses.html",
        Bucket=name, MaxKeys="many",
    )
