"""Compares our reader of dotenv files with python-dotenv, on files that set_key writes, files of a grammar, and damaged ones.

usage: dotenv_agreement.py PROGRAM, which is dotenv_pairs.cpp

A file has the same pairs in both, or ours refuses it with one of the sentences of REFUSED.
"""

import collections
import json
import logging
import os
import random
import subprocess
import sys
import tempfile

import dotenv

FILES = 1500
KEYS = ["METRC_PASSWORD", "METRC_USERNAME", "API_KEY", "A", "b_2", "_", "export", "T3_API_HOST"]

# What ours refuses, and what python-dotenv does with it.
REFUSED = {
    "is no KEY=VALUE": "skips the line, or takes it for a key without a value: it may be the second half of a secret",
    "has no good key before the =": "skips the line, or has a key that no setting has",
    "sets what line": "takes the last of several values for one key",
    "has text behind the closing quote": "skips the lines from the key to here, and so loses the key",
    "opens a quote that is never closed": "skips the line, and so loses the key",
    "holds ${...}": "puts another setting's value in its place",
    "holds a control character": "keeps it, or takes it for white space or the end of a line",
    "is not valid UTF-8": "reads nothing of the file and throws",
    "begins with a byte order mark": "takes the mark for a part of the key",
    "holds a blank that is no plain space": "takes it off, in front of a comment and at both ends",
}

WORDS = ["a", "hunter2", "p4ss", "it's", 'say "hi"', "\\", "\\\\", "\\n", "\\t", "\\x41", "\\'", '\\"', "'", '"', "#", " #", "# ", " ",
         "  ", "\t", "=", "$", "$HOME", "${", "}", "${A}", "${A:-x}", "\n", "\r\n", "Zoë", "€", "😀", "\u00a0", "\u2028", ";", "`id`", "%20"]
PIECES = WORDS + ["\n", "\n", "\n", "=", "=", "'", '"', "\r", "\ufeff", "\x0c", "\x00", "\x1f", "export ", "export\t"] + KEYS


class Warnings(logging.Handler):
    def __init__(self):
        super().__init__()
        self.count = 0

    def emit(self, record):
        self.count += 1


def value(rng, words=WORDS):
    return "".join(rng.choice(words) for _ in range(rng.randint(0, 6)))


def written_by_set_key(rng, path):
    open(path, "w").close()
    for key in rng.sample(KEYS, rng.randint(1, 4)):
        dotenv.set_key(path, key, value(rng), quote_mode=rng.choice(["always", "always", "auto", "never"]), export=rng.random() < 0.2)


def simple(rng):
    """A line whose value is easily read, so that not every file ends as an error."""
    text = value(rng, ["a", "hunter2", "p4ss", "it", " ", "=", "$HOME", "Zoë", "😀", "#", "\\t", "\\\\"])
    quote = rng.choice(["", "'", '"'])
    blank = lambda: rng.choice(["", "", " ", "\t", "  "])
    return (blank() + rng.choice(["", "", "export "]) + "{}" + blank() + "=" + blank() + quote + text.replace("{", "") + quote + blank()
            + rng.choice(["", "", " # why", "#x", " #'"]) + rng.choice(["\n", "\n", "\r\n"]))


def of_grammar(rng):
    lines = []
    keys = rng.sample(KEYS, rng.randint(1, 4))
    for key in keys + rng.sample(keys, rng.random() < 0.05):
        quote = rng.choice(["'", '"'])
        lines.append("\ufeff" if not lines and rng.random() < 0.05 else "")
        lines.append(rng.choice([simple(rng), simple(rng), "{}=" + value(rng) + "\n", "{}=" + quote + value(rng) + quote + "\n"]).replace("{}", key, 1))
        if rng.random() < 0.2:
            lines.append(rng.choice(["\n", "# A=1\n", "  \t\n", "\r\n"]))
    return "".join(lines)


def damaged(rng):
    text = of_grammar(rng)
    for _ in range(rng.randint(1, 3)):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(["", rng.choice(PIECES)]) + text[at + rng.randint(0, 2):]
    return text


def make(rng, path):
    kind = rng.randrange(3)
    if kind == 0:
        return written_by_set_key(rng, path)
    data = (of_grammar if kind == 1 else damaged)(rng).encode()
    if kind == 2 and rng.random() < 0.05:
        data = data.replace(b"a", b"\xff", 1)
    with open(path, "wb") as f:
        f.write(data)


def theirs(path, warnings):
    """The pairs, or None when it throws, and how many lines were skipped."""
    warnings.count = 0
    try:
        pairs = dotenv.dotenv_values(path)
    except UnicodeDecodeError:
        return None, 0
    # A byte order mark in front of a comment is a key without a value.
    return {k: v for k, v in pairs.items() if (k, v) != ("\ufeff", None)}, warnings.count


def main():
    rng = random.Random(20261122)
    for name in list(os.environ):
        if name in KEYS:
            del os.environ[name]
    warnings = Warnings()
    logging.getLogger("dotenv.main").addHandler(warnings)
    logging.getLogger("dotenv.main").propagate = False
    counts, faults = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, "%d.env" % i) for i in range(FILES)]
        for path in paths:
            make(rng, path)
        read = [theirs(path, warnings) for path in paths]
        asked = "".join(json.dumps({"path": path, "keys": list(pairs or {})}) + "\n" for path, (pairs, _) in zip(paths, read))
        run = subprocess.run([sys.argv[1]], input=asked, stdout=subprocess.PIPE, encoding="utf-8", check=True)
        answers = [json.loads(line) for line in run.stdout.split("\n")[:-1]]
        assert len(answers) == FILES
        for path, ours, (pairs, skipped) in zip(paths, answers, read):
            if "error" in ours:
                sentence = next((s for s in REFUSED if s in ours["error"]), None)
                counts[sentence or "?"] += 1
                right = sentence is not None
            else:
                right = ours["pairs"] == pairs and ours["size"] == len(pairs) and skipped == 0
                counts["same, with values" if pairs else "same, empty"] += 1
            if not right:
                with open(path, "rb") as f:
                    faults.append("%r\n  ours   %s\n  theirs %s" % (f.read(), ours, pairs))
    for what, count in counts.most_common():
        print("%5d %s" % (count, what))
    for fault in faults[:10]:
        print(fault)
    unseen = [s for s in REFUSED if not counts[s]]
    if faults or unseen or counts["same, with values"] < FILES // 3:
        sys.exit("%d files are read otherwise; %d are the same; never seen: %s" % (len(faults), counts["same, with values"], unseen))


main()
