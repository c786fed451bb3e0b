"""Programs of the pages as a test can play them: for real, but at a free port and not for ever."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

# What needs a database with a key in it.
NEEDS_A_KEY = {"rotate", "--prune"}


def leave(status):
    """Ends with the status of a program; a failure counts also when the page has it in the background."""
    if status != 0:
        Path(os.environ["T3API_DOCS_FAILURES"]).touch()
    sys.exit(status)


class Running:
    """A sandbox that runs until the end of the block."""

    def __init__(self, program, arguments):
        self.process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if not ready:
            leave(self.process.wait() or 1)
        self.url = json.loads(ready)["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        if self.process.wait() != 0:
            print("the sandbox did not end as it should", file=sys.stderr)
            leave(1)


def make_key(url):
    """What somebody has done who looks after keys."""
    user = {"hostname": "ca.metrc.com", "username": "demo-ca", "password": "demo-ca-password"}
    asked = urllib.request.Request(
        url + "/v2/auth/secretkey", json.dumps(user).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked) as answer:
        json.load(answer)


def without(arguments, name):
    at = arguments.index(name)
    return arguments[:at] + arguments[at + 2 :]


def sandbox(bin_dir):
    """`t3api-sandbox`: a server is started, asked for a secret key, and ended; a command runs as it is."""
    program, arguments = bin_dir + "/t3api-sandbox", sys.argv[1:]
    if "--port" in arguments:
        arguments = without(arguments, "--port")
        if "--redis" in arguments:  # It starts without Redis too.
            arguments = [*without(arguments, "--redis"), "--redis", "127.0.0.1:1"]
        with Running(program, arguments) as run:
            make_key(run.url)
        return
    if NEEDS_A_KEY & set(arguments) and "--data" in arguments and not os.path.exists(arguments[arguments.index("--data") + 1]):
        ring = arguments[arguments.index("--kek-file" if "--kek-file" in arguments else "--prune") + 1]
        with Running(program, ["--data", arguments[arguments.index("--data") + 1], "--kek-file", ring]) as run:
            make_key(run.url)
    leave(subprocess.run([program, *arguments]).returncode)


def t3(bin_dir):
    """`t3`, at a sandbox of its own in place of the address in the page."""
    with Running(bin_dir + "/t3api-sandbox", []) as run:
        ran = subprocess.run([bin_dir + "/t3", *sys.argv[1:]], env=os.environ | {"T3_API_HOST": run.url})
    leave(ran.returncode)
