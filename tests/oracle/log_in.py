"""Logs in with AWS's own driver, and says how that went.

Standard input is a JSON list of attempts: host, dial (a port on this machine), user,
password, database, ca (a file) for TLS with the certificate and the host name verified
or null for none, and token (whether the password is a token of an identity provider).
Standard output is a JSON list with an answer to each. One process for all of them: the
driver takes a second to import.
"""

import json
import os
import socket
import sys

import redshift_connector
from redshift_connector import core

# The name of the warehouse is not in any DNS. Not the driver is changed for that, but the
# lookup below it.
look_up = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, **more: look_up("127.0.0.1", port, **more)


def log_in(attempt):
    if attempt["ca"]:
        # The driver has no option for a further CA; it reads OpenSSL's default ones.
        os.environ["SSL_CERT_FILE"] = attempt["ca"]
    parameters = {
        "host": attempt["host"],
        "port": attempt["dial"],
        "database": attempt["database"],
        "user": attempt["user"],
        "password": "" if attempt["token"] else attempt["password"],
        "timeout": 10,
        "ssl": attempt["ca"] is not None,
        "sslmode": "verify-full",
    }
    if attempt["token"]:
        # connect() gets tokens from the browser only; below it, they are a parameter.
        return core.Connection(web_identity_token=attempt["password"], **parameters)
    return redshift_connector.connect(**parameters)


answers = []
for attempt in json.load(sys.stdin):
    try:
        connection = log_in(attempt)
    except Exception as error:
        answers.append({"connected": False, "says": f"{type(error).__name__}: {error}"})
    else:
        release = dict(connection.parameter_statuses)[b"padb_version"].decode()
        answers.append({"connected": True, "says": release})
        connection.close()
json.dump({"driver": redshift_connector.__version__, "answers": answers}, sys.stdout)
