"""Waits until LocalStack answers real calls of the services that the tests use, then prints its version.

Usage: ready.py URL SECONDS [PID]     (any Python 3; gives up at once when the process PID has ended)

The health page is no proof: it can be green while calls fail.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request

# Loopback is never behind a proxy, whatever the environment says.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

CALLS = {
    "sts": b"Action=GetCallerIdentity&Version=2011-06-15",
    "iam": b"Action=ListRoles&Version=2010-05-08",
    "sns": b"Action=ListTopics&Version=2010-03-31",
    "s3": None,
}


def call(url, service, body):
    # LocalStack takes the service from the scope and does not check the signature.
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    request = urllib.request.Request(url + "/", data=body)
    request.add_header("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")
    request.add_header("X-Amz-Date", "20260101T000000Z")
    if body is not None:
        request.add_header("Content-Type", "application/x-www-form-urlencoded")
    with OPENER.open(request, timeout=10) as response:
        response.read()


def version(url):
    with OPENER.open(url + "/_localstack/health", timeout=10) as response:
        return json.load(response).get("version", "of unknown version")


def ended(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def main():
    url, deadline = sys.argv[1].rstrip("/"), time.monotonic() + float(sys.argv[2])
    pid = int(sys.argv[3]) if len(sys.argv) > 3 else None
    while True:
        try:
            for service, body in CALLS.items():
                call(url, service, body)
            print(version(url))
            return
        except (OSError, ValueError, http.client.HTTPException) as error:
            if pid is not None and ended(pid):
                sys.exit("LocalStack ended by itself")
            if time.monotonic() > deadline:
                sys.exit(f"no answer from {url}: {error}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
