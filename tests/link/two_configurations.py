#!/usr/bin/env python3
"""Fails unless the linker refuses files that were compiled with different macros, and names the macro.

usage: two_configurations.py COMPILER FLAGS_FILE
"""

import subprocess
import sys
import tempfile
from pathlib import Path

# What each macro is looked at by, so that nothing else need be installed.
ZLIB, DEFAULT = "#include <t3api/http1/content_coding.hpp>\n", "#include <t3api/transport/default_transport.hpp>\n"
HTTPLIB = "#include <httplib.h>\n{}#include <t3api/detail/httplib.hpp>\n"
FILES = {
    "zlib": "#undef T3API_WITH_ZLIB\n#define T3API_WITH_ZLIB\n" + ZLIB,
    "no_zlib": "#undef T3API_WITH_ZLIB\n#undef CPPHTTPLIB_ZLIB_SUPPORT\n" + ZLIB,
    "tls": HTTPLIB.format("#undef CPPHTTPLIB_OPENSSL_SUPPORT\n#define CPPHTTPLIB_OPENSSL_SUPPORT\n"),
    "no_tls": HTTPLIB.format("#undef CPPHTTPLIB_OPENSSL_SUPPORT\n"),
    "httplib": DEFAULT,
    "without": "#define T3API_WITHOUT_HTTPLIB\n" + DEFAULT,
    "light": "#include <t3api/core/response.hpp>\n",
}
PAIRS = {
    ("zlib", "no_zlib"): "T3API_WITH_ZLIB",
    ("tls", "no_tls"): "CPPHTTPLIB_OPENSSL_SUPPORT",
    ("httplib", "without"): "T3API_WITHOUT_HTTPLIB",
}


def main(compiler, flags, folder):
    def run(*arguments):
        return subprocess.run([compiler, *arguments], cwd=folder, text=True, capture_output=True)

    def linked(*names):
        """What the linker says about these together; nothing if it is content."""
        done = run("-r", "-nostdlib", *(f"{name}.o" for name in names), "-o", "together.o")
        return done.stderr if done.returncode != 0 else ""

    for name, text in FILES.items():
        (folder / f"{name}.cpp").write_text(text, encoding="utf-8")
        compiled = run(f"@{flags}", "-O0", "-c", f"{name}.cpp")
        if compiled.returncode != 0:
            sys.exit(compiled.stderr)
    for pair, macro in PAIRS.items():
        for names in (pair, pair[::-1]):
            if f"define_{macro}_in_all_files" not in linked(*names):
                sys.exit(f"{names}: the linker does not say that {macro} differs: {linked(*names)}")
    for names in ((name, "light") for pair in PAIRS for name in pair):
        if linked(*names):
            sys.exit(f"{names} do not link: {linked(*names)}")


with tempfile.TemporaryDirectory() as name:
    main(*sys.argv[1:], Path(name))
