"""Prints the Python of a virtual environment that holds exactly what a lock file lists.

Usage: install.py CACHE FALLBACK LOCKFILE     (FALLBACK is the folder to use when CACHE cannot be written)

The environment is made at the first call and found again at the next ones, as long as the lock file and this Python
stay the same. It is installed into a folder of its own, and only a finished one gets the name under which it is looked
up, so a half-built one is never used. Of several calls at once one installs and the others wait for it.
Uses the standard library only, on any Unix.
"""

import fcntl
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time


def say(line):
    print(f"tests/run: {line}", file=sys.stderr, flush=True)


def runs(python):
    """Says whether an environment is still good: the Python below it may have been removed since."""
    try:
        return subprocess.run([python, "-I", "-c", "import pip"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def build(folder, lock_file):
    # What pip leaves in its temporary folder when it is killed goes with the folder of the half-built environment.
    temporary = folder / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    subprocess.run([sys.executable, "-I", "-m", "venv", folder], check=True, stdout=sys.stderr)
    python = folder / "bin" / "python"
    # The lock file is complete: without --no-deps pip could add packages that it does not list.
    pip = [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
    subprocess.run(pip + ["install", "--quiet", "--no-deps", "--requirement", lock_file], check=True, stdout=sys.stderr)
    checked = subprocess.run(pip + ["check"], stdout=subprocess.PIPE, text=True)
    if checked.returncode:
        sys.exit(f"tests/run: {lock_file.name} does not fit together:\n{checked.stdout}")
    shutil.rmtree(temporary, ignore_errors=True)


def open_lock(cache, name):
    cache.mkdir(parents=True, exist_ok=True)
    return open(cache / f"{name}.lock", "w")


def environment(cache, fallback, lock_file):
    identity = [lock_file.read_bytes(), sys.version.encode(), os.fsencode(sys.base_prefix), platform.machine().encode()]
    name = f"{lock_file.stem}-{hashlib.sha256(b'|'.join(identity)).hexdigest()[:16]}"
    # Before the lock, so that a finished environment also serves from a cache that cannot be written.
    if runs(cache / name / "bin" / "python"):
        return cache / name / "bin" / "python"
    try:
        lock = open_lock(cache, name)
    except OSError as error:
        say(f"the cache cannot be written ({error}): installing for this run only; JMC_SITE_TEST_CACHE names another")
        cache = fallback
        lock = open_lock(cache, name)
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run that installs {lock_file.stem}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not runs(cache / name / "bin" / "python"):
            say(f"installing {lock_file.stem} for Python {platform.python_version()} into {cache}"
                " (about two minutes, once)")
            install(cache, name, lock_file)
    return cache / name / "bin" / "python"


def install(cache, name, lock_file):
    for left_behind in cache.glob(f"{name}.build-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    began = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}.build-", dir=cache))
    try:
        build(folder, lock_file)
        # An environment cannot be moved (its commands name its path), so the name is a link to it.
        link = folder / "link"
        link.symlink_to(folder.name)
        link.replace(cache / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    say(f"installed {lock_file.stem} in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    try:
        cache, fallback, lock_file = (pathlib.Path(argument).absolute() for argument in sys.argv[1:])
        print(environment(cache, fallback, lock_file))
    except subprocess.CalledProcessError as error:
        sys.exit(f"tests/run: could not install: {' '.join(map(str, error.cmd))} ended with {error.returncode}")
    except OSError as error:
        sys.exit(f"tests/run: could not install: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
