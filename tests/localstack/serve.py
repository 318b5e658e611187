"""Runs LocalStack in this process, on a free loopback port, for as long as its standard input stays open.

Usage: serve.py FOLDER <PIPE     (with the Python of LocalStack's virtual environment)

FOLDER receives all that LocalStack writes, and the file `port`. Whoever starts this keeps the other end of the pipe:
when that ends for whatever reason, even by kill -9, the pipe ends, and LocalStack, its children and FOLDER go with it.
"""

import os
import pathlib
import runpy
import shutil
import signal
import socket
import sys
import threading

# Neither the developer's AWS profile nor any LocalStack setting of theirs may decide what the tests see.
KEPT = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings(folder, port):
    return {
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "FILESYSTEM_ROOT": str(folder / "root"),
        # The default server listens on every interface, whatever GATEWAY_LISTEN says.
        "GATEWAY_SERVER": "hypercorn",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
    }


def end_with(pipe, folder):
    while os.read(pipe, 4096):
        pass
    # Nothing here is worth an orderly end, which takes up to 10 s.
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    # A group of its own: Ctrl-C is for the tests, and the end is for LocalStack's children too.
    os.setsid()
    pipe = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=end_with, args=(pipe, folder), daemon=True).start()

    port = free_port()
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, **settings(folder, port))
    for made in ("home", "tmp", "root"):
        (folder / made).mkdir()
    (folder / "port.new").write_text(f"{port}\n")
    (folder / "port.new").rename(folder / "port")

    # Reads the settings above when it is imported, so not before.
    from localstack.services.s3 import provider

    # No setting for this one: two LocalStacks on a machine would share, and leave behind, one folder below /tmp.
    assert provider.DEFAULT_S3_TMP_DIR.startswith("/tmp/")
    provider.DEFAULT_S3_TMP_DIR = str(folder / "s3")

    sys.argv = ["localstack"]
    runpy.run_module("localstack.runtime.main", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
