"""Asks an AWS, real or not, what a list of calls answers, and prints it beside what AWS documents.

Usage: conformance ENDPOINT     (with the Python of the oracle; boto3)

Standard output has a JSON line for each step: `step`, `source` (the page of AWS's documentation), `aws` (the documented
answer) and `answer`. An answer is `status`, `code` where the call is refused, and `fields`: what is looked at, by its
JMESPath. Accounts, the names of this run and generated identifiers are written as words. Nothing is judged here.
"""

import sys

import buckets
import managed
import objects
import policies
import roles
import subscriptions
import topics
from asking import Asking

GROUPS = [
    ("account", roles.account),
    ("bucket", buckets.lifecycle),
    ("bucket name", buckets.names),
    ("bucket region", buckets.regions),
    ("bucket owner", buckets.owners),
    ("bucket settings", buckets.settings),
    ("object", objects.lifecycle),
    ("object condition", objects.conditions),
    ("object listing", objects.listings),
    ("role", roles.lifecycle),
    ("role name", roles.names),
    ("role trust", roles.trust),
    ("role tags", roles.tags),
    ("role listing", roles.listing),
    ("inline policy", policies.lifecycle),
    ("policy grammar", policies.grammar),
    ("policy size", policies.size),
    ("policy listing", policies.listing),
    ("managed policy", managed.lifecycle),
    ("policy version", managed.versions),
    ("attached policy", managed.attached),
    ("topic", topics.lifecycle),
    ("topic name", topics.names),
    ("topic conflict", topics.conflicts),
    ("topic tags", topics.tags),
    ("topic owner", topics.owners),
    ("subscription", subscriptions.people),
    ("subscription endpoint", subscriptions.endpoints),
    ("subscription listing", subscriptions.listing),
]


def main():
    asking = Asking(sys.argv[1])
    for name, group in GROUPS:
        group(asking.about(name, group.__doc__))


if __name__ == "__main__":
    main()
