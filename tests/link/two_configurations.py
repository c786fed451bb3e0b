#!/usr/bin/env python3
"""Fails unless the linker refuses files that were compiled with different macros of cpp-httplib, and names the macro.

usage: two_configurations.py COMPILER FLAGS_FILE
"""

import subprocess
import sys
import tempfile
from pathlib import Path

# The macros are read behind <httplib.h>, so that nothing else need be installed.
FILES = {
    "zlib": "#include <httplib.h>\n#undef CPPHTTPLIB_ZLIB_SUPPORT\n#define CPPHTTPLIB_ZLIB_SUPPORT\n#include <t3api/detail/httplib.hpp>\n",
    "no_zlib": "#include <httplib.h>\n#undef CPPHTTPLIB_ZLIB_SUPPORT\n#include <t3api/detail/httplib.hpp>\n",
    "no_tls": "#undef CPPHTTPLIB_OPENSSL_SUPPORT\n#include <httplib.h>\n#include <t3api/core/response.hpp>\n",
    "light": "#include <t3api/core/response.hpp>\n",
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
    for pair, macro in {("zlib", "no_zlib"): "CPPHTTPLIB_ZLIB_SUPPORT", ("no_zlib", "no_tls"): "CPPHTTPLIB_OPENSSL_SUPPORT"}.items():
        for names in (pair, pair[::-1]):
            if f"define_{macro}_in_all_files" not in linked(*names):
                sys.exit(f"{names}: the linker does not say that {macro} differs: {linked(*names)}")
    for names in (("zlib", "light"), ("no_zlib", "light"), ("no_tls", "light")):
        if linked(*names):
            sys.exit(f"{names} do not link: {linked(*names)}")


with tempfile.TemporaryDirectory() as name:
    main(*sys.argv[1:], Path(name))
