"""Adds buckets to a policy of the manual's shape: edit_policy.py BUCKET... <DOCUMENT"""

import json
import sys


def with_buckets(document, buckets):
    for statement in document["Statement"]:
        resources = statement["Resource"]
        suffix = "/*" if resources[0].endswith("/*") else ""
        for bucket in buckets:
            arn = f"arn:aws:s3:::{bucket}{suffix}"
            if arn not in resources:
                resources.append(arn)
    return document


if __name__ == "__main__":
    json.dump(with_buckets(json.load(sys.stdin), sys.argv[1:]), sys.stdout)
