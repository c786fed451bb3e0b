#!/usr/bin/env python3
"""Compiles the program of the README with the single header alone and the line that stands there, and runs it.

usage: readme_line.py COMPILER SANDBOX_PROGRAM

COMPILER takes the place of g++ in the line.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / "tests/docs")]
import actors
import blocks


def the_only(what, found):
    if len(found) != 1:
        sys.exit(f"README.md: {len(found)} blocks are {what}; one is to be")
    return found[0]


def main(compiler, sandbox):
    page = [block for block in blocks.read_blocks() if block.page == "README.md"]
    program = the_only("a program", [block for block in page if block.language == "cpp" and blocks.is_program(block)])
    line = the_only("a compiler line", [block for block in page if block.language == "sh" and re.match(r"g\+\+ ", block.text)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "program.cpp").write_text(program.text, encoding="utf-8")
        (folder / "single_include/t3api").mkdir(parents=True)
        shutil.copy(ROOT / "single_include/t3api/t3api.hpp", folder / "single_include/t3api")
        subprocess.run(["sh", "-e", "-c", compiler + line.text.removeprefix("g++")], cwd=folder, check=True)
        with actors.Running(sandbox, []) as run:
            environment = {"PATH": os.environ["PATH"], "T3_API_HOST": run.url, "API_KEY": "demo-api-key", "API_STATE_CODE": "CA"}
            said = subprocess.run(["./a.out"], cwd=folder, env=environment, text=True, capture_output=True)
        print(said.stdout, said.stderr, sep="")
        if said.returncode != 0 or not re.search(r"^LIC-00001: \d+ packages$", said.stdout, re.MULTILINE):
            sys.exit(f"the program of the README ends with {said.returncode}, and not with licences and packages")


main(*sys.argv[1:])
