#!/usr/bin/env python3
"""The code blocks of the pages, as tests.

usage: blocks.py cpp FILE        writes a test program of all blocks of C++
       blocks.py shell BIN_DIR   runs all blocks of sh
       blocks.py nginx NGINX     checks all blocks of nginx with this program
       blocks.py check           checks all others, and the links

A block says by its language what becomes of it:

  cpp     compiled and run. One with a main() is a program, whose includes are its own; another is the inside of a function,
          in which the names of page.hpp are known.
  sh      run from top to bottom of its page, in one empty folder, in a world in which what builds does nothing.
  python  must be Python; json must be JSON; nginx must be what nginx itself takes; env has settings that exist.
  text    is not meant to be run. Blocks without a language, and indented ones, are errors.
"""

import ast
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]

# Pages whose blocks have tests of their own, which look at more than that they run: all C++ of the page stands in
# the test, and so do the headings of the sections whose shell it runs.
OWN_TESTS = {
    "docs/from-python.md": "tests/integration/authenticate_test.cpp",
    "docs/faults.md": "tests/unit/sandbox/faults/documentation_test.cpp",
    "docs/sandbox.md": "tests/integration/sandbox_guide_program_test.cpp",
}

# Commands that build and install: in the world of the shell blocks they do nothing, as do the programs of the repository
# itself, which must be there.
BUILDS = ["apt", "apt-get", "c++", "clang++", "clang-format", "cmake", "conan", "ctest", "dpkg", "dpkg-buildpackage", "g++", "git"]
BUILDS += ["meson", "ninja", "sudo", "vcpkg"]


class Block:
    def __init__(self, page, line, heading, language, text):
        self.page, self.line, self.heading, self.language, self.text = page, line, heading, language, text

    def __str__(self):
        return f"{self.page}:{self.line}"


def fail(where, what):
    sys.exit(f"{where}: {what}")


def read_blocks():
    blocks = []
    for path in PAGES:
        page = path.relative_to(ROOT).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        heading, number, in_list = "", 0, False
        while number < len(lines):
            line = lines[number]
            first = number + 1
            if line.startswith("#"):
                heading = line.lstrip("# ")
            if fence := re.match(r"```(\w*)$", line):
                end = lines.index("```", first)
                if not fence[1]:
                    fail(f"{page}:{first}", "a block without a language: text, if it is not meant to be run")
                blocks.append(Block(page, first + 1, heading, fence[1], "\n".join(lines[first:end]) + "\n"))
                number = end
            elif line.startswith("    ") and not in_list:
                fail(f"{page}:{first}", "a block of code that is indented: put it between ``` with its language")
            in_list = bool(re.match(r"\s*([-*]|\d+\.) ", line)) or (in_list and line.startswith("  "))
            number += 1
    return blocks


def squeezed(text):
    return re.sub(r"\s+", "", text)


# C++


def stands_in_own_test(block):
    test = OWN_TESTS.get(block.page)
    if not test:
        return False
    code = "\n".join(line for line in block.text.splitlines() if not line.startswith("#include"))
    if squeezed(code) not in squeezed((ROOT / test).read_text(encoding="utf-8")):
        fail(block, f"this block does not stand in {test}, which is its test")
    return True


def is_program(block):
    return "int main(" in block.text


def cpp_test(block):
    """One block as a test case; `#line` lets the compiler name the page."""
    name = re.sub(r"\W", "_", str(block))
    includes = [line for line in block.text.splitlines() if line.startswith("#include")]
    code = "\n".join("" if line.startswith("#include") else line for line in block.text.splitlines())
    if is_program(block):
        if not code.rstrip().endswith("\n}"):
            fail(block, "a program ends with its main()")
        code = code.replace("int main(", "int run(").rstrip()[:-1] + "return 0; }"
        body = [f"namespace {name} {{", f'#line {block.line} "{block.page}"', code, "}"]
        call = f"{name}::run() == 0"
    else:
        body = [f"struct {name} : t3api::test::page {{ int run() {{", f'#line {block.line} "{block.page}"', code, "return 0; } };"]
        call = f"{name}().run() == 0"
    lines = [*includes, *body]
    lines += [f'TEST_CASE("{block}") {{', *(["  t3api::test::page page;"] if is_program(block) else []), f"  CHECK({call});", "}"]
    if any("/redis.hpp" in line for line in includes):
        lines = ["#ifdef T3API_DOCS_WITH_REDIS", *lines, "#endif"]
    return "\n".join(lines)


def write_cpp(target):
    blocks = [block for block in read_blocks() if block.language == "cpp" and not stands_in_own_test(block)]
    made = "// Made by tests/docs/blocks.py from the pages.\n#include <tests/docs/page.hpp>\n\n"
    made += "\n\n".join(map(cpp_test, blocks)) + "\n"
    Path(target).write_text(made, encoding="utf-8")


# Shell


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def make_world(folder, bin_dir):
    """A folder that is like the repository after building, and in which a command does what can be done in a test."""
    for name in BUILDS:
        write_program(folder / "path" / name, "#!/bin/sh\n")
    for tool in [*(ROOT / "tools").rglob("*"), ROOT / ".ci" / "run"]:
        if tool.is_file() and os.access(tool, os.X_OK):
            write_program(folder / tool.relative_to(ROOT), "#!/bin/sh\n")
    for name in ("build/tests/unit_tests", "build/tests/integration_tests", "build/fuzz/tests/fuzz/fuzz_answers"):
        write_program(folder / name, "#!/bin/sh\n")
    actor = f"#!{sys.executable}\n" + f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import actors\n"
    write_program(folder / "build/bin/t3api-sandbox", actor + f"actors.sandbox({bin_dir!r})\n")
    write_program(folder / "build/bin/t3", actor + f"actors.t3({bin_dir!r})\n")
    (folder / "path/t3api-sandbox").symlink_to(folder / "build/bin/t3api-sandbox")


def shell_runs_elsewhere(block):
    test = OWN_TESTS.get(block.page)
    return bool(test) and f'"{block.heading}"' in (ROOT / test).read_text(encoding="utf-8")


def run_shell(bin_dir):
    by_page = {}
    for block in read_blocks():
        if block.language == "sh" and not shell_runs_elsewhere(block):
            by_page.setdefault(block.page, []).append(block)
    for page, blocks in by_page.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_world(folder, bin_dir)
            script = "".join(f"echo '== {block}'\n{block.text}wait\n" for block in blocks)
            failures = folder / "failures"
            environment = os.environ | {
                "PATH": f"{folder}/path:{os.environ['PATH']}", "HOME": name, "T3API_DOCS_FAILURES": str(failures),
            }
            run = subprocess.Popen(
                ["sh", "-e", "-c", script], cwd=folder, env=environment, text=True, start_new_session=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )
            try:
                print(run.communicate(timeout=100)[0], flush=True)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
                fail(page, "its commands do not end")
            if run.returncode != 0 or failures.exists():
                fail(page, "its commands failed")


# The others


def check_python(block):
    compile(block.text, str(block), "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def check_nginx(block, nginx):
    with tempfile.TemporaryDirectory() as folder:
        text = re.sub(r"listen [\d.:]+;", f"listen unix:{folder}/socket;", block.text)
        config = Path(folder) / "nginx.conf"
        config.write_text(f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off;\n{text}}}\n", encoding="utf-8")
        ran = subprocess.run([nginx, "-t", "-p", folder, "-c", config], text=True, stderr=subprocess.PIPE)
        if ran.returncode != 0:
            fail(block, f"no good nginx: {ran.stderr}")


def check_env(block):
    known = set(re.findall(r"`([A-Z0-9_]+)`", (ROOT / "docs/from-python.md").read_text(encoding="utf-8")))
    for line in block.text.splitlines():
        name = line.split("=")[0]
        if "=" not in line or name not in known:
            raise ValueError(f"'{name}' is no setting that docs/from-python.md knows")


CHECKS = {
    "python": check_python,
    "json": lambda block: json.loads(block.text),
    "nginx": lambda block: None,
    "env": check_env,
    "text": lambda block: None,
    "sh": lambda block: subprocess.run(["sh", "-n", "-c", block.text], check=True),
    "cpp": lambda block: None,
}


def anchors(page):
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def check_links():
    for path in PAGES:
        text = re.sub(r"(?ms)^```.*?^```$", "", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"\w+:", target):
                continue
            name, _, anchor = target.partition("#")
            linked = (path.parent / name).resolve() if name else path
            if not linked.exists():
                fail(path.relative_to(ROOT), f"links to {target}, which is not there")
            if anchor and anchor not in anchors(linked):
                fail(path.relative_to(ROOT), f"links to {target}: there is no such heading")


def check():
    for block in read_blocks():
        if block.language not in CHECKS:
            fail(block, f"nobody checks blocks of '{block.language}': text, if it is not meant to be run")
        try:
            CHECKS[block.language](block)
        except (ValueError, SyntaxError, subprocess.CalledProcessError) as error:
            fail(block, f"no good {block.language}: {error}")
    check_links()


def main(arguments):
    match arguments:
        case ["cpp", target]:
            write_cpp(target)
        case ["shell", bin_dir]:
            run_shell(str(Path(bin_dir).resolve()))
        case ["nginx", nginx]:
            for block in read_blocks():
                if block.language == "nginx":
                    check_nginx(block, nginx)
        case ["check"]:
            check()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
