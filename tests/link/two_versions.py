#!/usr/bin/env python3
"""Fails unless the compiler refuses two versions of the library in one file, whichever is first, and however they come.

usage: two_versions.py COMPILER FLAGS_FILE SOURCE_DIR FOLDER_OF_OTHER_VERSION
"""

import itertools
import subprocess
import sys
from pathlib import Path

SENTENCE = "two versions of t3api meet in one file"

compiler, flags, source, other_version = sys.argv[1:]
singles = ["t3api/t3api.hpp", "t3api/t3api_sandbox.hpp", "t3api/t3api_any_client.hpp"]
headers = sorted(str(header) for header in Path(f"{source}/include/t3api").glob("*.hpp"))
headers += [f"{source}/single_include/{name}" for name in singles]
others = [f"{other_version}/{name}" for name in singles[:2]]


def said_about(*files):
    """What the preprocessor says about a file that includes these."""
    text = "".join(f'#include "{file}"\n' for file in files)
    run = subprocess.run([compiler, f"@{flags}", "-E", "-x", "c++", "-", "-o", "/dev/null"], input=text, text=True, stderr=subprocess.PIPE)
    return run.stderr if run.returncode != 0 else ""


for pair in itertools.chain(itertools.product(headers, others), itertools.product(others, headers)):
    said = said_about(*pair)
    if SENTENCE not in said or said.count("\n") > 16:
        sys.exit(f"not refused, or not in few lines: {pair[0]}, and then {pair[1]}\n{said}")
for order in (headers, headers[::-1]):
    if said := said_about(*order):
        sys.exit(f"refused: all headers of one version\n{said}")
