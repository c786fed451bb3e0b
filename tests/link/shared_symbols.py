#!/usr/bin/env python3
"""Fails when two object files, made with two versions of the library, both have a symbol of it, be it in its namespace or in
none: the linker would take one of the two for both.

usage: shared_symbols.py NM OBJECT OTHER_OBJECT
"""

import re
import subprocess
import sys

# What both may have: what is in the namespaces of others, <new>'s operators, descriptions of functions' types, and the compiler's
# own.
OTHERS = r"_Z(T[A-Z]|GV|GR|Z)*N?[rVK]*[RO]?(St|S[absiod]|9__gnu_cxx|10__cxxabiv1|7httplib|8nlohmann)"
OTHERS += r"|_Z(nw|na|dl|da)|_ZT[IS]P?F|DW\.ref\.|__clang_"


def symbols(nm, file):
    listed = subprocess.run([nm, "--defined-only", "-g", "-P", file], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in listed.stdout.splitlines()}


nm, *files = sys.argv[1:]
first, second = (symbols(nm, file) for file in files)
for found, file in zip((first, second), files):
    if not any("5t3api" in name for name in found):
        sys.exit(f"{file} has nothing of t3api: what is compared here?")
shared = [name for name in sorted(first & second) if "5t3api" in name or not re.match(OTHERS, name)]
if shared:
    sys.exit("both versions have\n  " + "\n  ".join(shared[:20]))
