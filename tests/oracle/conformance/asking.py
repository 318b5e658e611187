"""Owns how a step is asked and written down: clients without retries, checks or courtesies of their own, and answers in
which nothing depends on the run. It must not know any operation."""

import json
import os
import re
import time

import boto3
import botocore.handlers
import botocore.utils
import jmespath
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

TOKYO, VIRGINIA, OREGON, IRELAND = "ap-northeast-1", "us-east-1", "us-west-2", "eu-west-1"

# The client would ask again in the region that a redirect names; the redirect itself is the answer here.
botocore.utils.S3RegionRedirectorv2.redirect_from_error = lambda *_, **__: None

UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
PORT = re.compile(r"\.cloud:[0-9]+/")


def nothing(**_):
    """Takes the place of a courtesy of the client."""


class Asking:
    """The calls of one run against one endpoint."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        unique = time.time_ns() // 1000 * 1000 + os.getpid() % 1000
        # Twelve digits as the access key id are that account to our sandbox and to LocalStack; moto has a header.
        self.account = f"8{unique % 10**11:011}"
        self.other = f"7{unique % 10**11:011}"
        self.token = f"{unique:x}"
        self.group = self.source = None
        self.clients = {}

    def about(self, group, doc):
        """Begins a group: its doc string ends with the page of AWS's documentation that it holds to."""
        self.group, self.source = group, doc.split()[-1]
        return self

    def name(self, what):
        """Returns a name that nobody else uses, in lower case."""
        return f"{what}-{self.token}"

    def client(self, service, region=TOKYO, account=None):
        account = account or self.account
        key = (service, region, account)
        if key not in self.clients:
            self.clients[key] = self.make(*key)
        return self.clients[key]

    def make(self, service, region, account):
        client = boto3.session.Session().client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="secret",
            config=Config(
                parameter_validation=False,
                retries={"total_max_attempts": 1},
                s3={"addressing_style": "path"},
                connect_timeout=10,
                read_timeout=60,
            ),
        )
        events = client.meta.events
        events.register("before-sign", lambda request, **_: request.headers.__setitem__("x-moto-account-id", account))
        # It would hold names and documents to its own rules, and read documents before we do.
        events.unregister("before-parameter-build.s3", botocore.handlers.validate_bucket_name)
        events.unregister("after-call.iam", botocore.handlers.json_decode_policies)
        return client

    def answers(self, step, call, fields, /, *, status=200, source=None, **parameters):
        """A call that AWS answers with these fields, by JMESPath; returns the answer, if there is one."""
        return self.ask(step, call, {"status": status}, fields, source, parameters)

    def refuses(self, step, call, status, code, /, fields=None, *, source=None, **parameters):
        """A call that AWS refuses with this status and code."""
        return self.ask(step, call, {"status": status, "code": code}, fields, source, parameters)

    def given(self, call, **parameters):
        """A call that has to succeed for the steps after it to mean anything."""
        return call(**parameters)

    def ask(self, step, call, aws, fields, source, parameters):
        response, answer = None, {}
        if fields:
            aws["fields"] = fields
        try:
            response = call(**parameters)
        except ClientError as error:
            answer["code"] = error.response["Error"]["Code"]
            found = error.response
        except ResponseParserError as error:
            answer["code"] = type(error).__name__
            found = {}
        else:
            found = response
        answer["status"] = found.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if fields and ("code" in answer) == ("code" in aws):
            if "Body" in found:
                found["Body"] = found["Body"].read().decode()
            answer["fields"] = {path: jmespath.search(path, found) for path in fields}
        line = {
            "step": f"{self.group}: {step}",
            "source": source or self.source,
            "aws": self.plain(aws),
            "answer": self.plain(answer),
        }
        print(json.dumps(line, ensure_ascii=False), flush=True)
        return response

    def plain(self, value):
        """Returns a value without what is this run's own."""
        if isinstance(value, dict):
            return {self.plain(key): self.plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(item) for item in value]
        if not isinstance(value, str):
            return value
        for own, word in ((self.account, "ACCOUNT"), (self.other, "OTHER"), (self.token, "RUN")):
            value = value.replace(own, word)
        # An emulator names the port that it happens to listen on.
        return UUID.sub("UUID", PORT.sub(".cloud:PORT/", value))
