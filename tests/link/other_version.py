#!/usr/bin/env python3
"""Writes the headers of a folder to another as if they were those of version 0.9.0, with another layout.

usage: other_version.py SINGLE_INCLUDE FOLDER
"""

import re
import sys
from pathlib import Path

CHANGES = [
    (r"\bv\d+_\d+_\d+\b", "v0_9_0"),
    (r"(T3API_VERSION_MAJOR( !=)?) \d+", r"\1 0"),
    (r"(T3API_VERSION_MINOR( !=)?) \d+", r"\1 9"),
    (r"(T3API_VERSION_PATCH( !=)?) \d+", r"\1 0"),
    (r"struct (response|request|error|client_config) {\n", r"\g<0>  double another_layout = 1;\n"),
]

source, target = map(Path, sys.argv[1:])
(target / "t3api").mkdir(parents=True, exist_ok=True)
for header in source.glob("t3api/*.hpp"):
    text = header.read_text(encoding="utf-8")
    for pattern, replacement in CHANGES:
        text = re.sub(pattern, replacement, text)
    (target / "t3api" / header.name).write_text(text, encoding="utf-8")
