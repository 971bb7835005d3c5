#!/usr/bin/env python3
"""Writes tests/providers and tests/vectors; with --check, says whether they are what it would write.

It is the independent signer of the tests: every signature is either quoted from the vendor who
published it, and then compared with Python's hmac, or made by Python's hmac. None comes from the
gateway. Python 3.9 or later, standard library only.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from cases import (  # noqa: E402
    callback,
    limits,
    rotation,
    smartcar,
    smartcar2,
    telematica,
    telemax,
    vectors,
)
from cases.case import Suite  # noqa: E402

HERE = Path(__file__).resolve().parent
OWNED = ("providers", "vectors")


def files():
    """Every file as {path below tests/: bytes}."""
    vectors.verify()
    suite = Suite()
    for module in (smartcar, smartcar2, telematica, callback, telemax, rotation, limits):
        module.add(suite)
    suite.check()
    return {**suite.files(), **vectors.files()}, suite


def on_disk():
    return {
        path.relative_to(HERE).as_posix(): path
        for folder in OWNED
        for path in (HERE / folder).rglob("*")
        if path.is_file()
    }


def check(wanted):
    known = on_disk()
    faults = [f"missing: {name}" for name in wanted if name not in known]
    faults += [f"not made here: {name}" for name in known if name not in wanted]
    faults += [
        f"different: {name}"
        for name, content in wanted.items()
        if name in known and known[name].read_bytes() != content
    ]
    for fault in sorted(faults):
        print(fault, file=sys.stderr)
    return not faults


def write(wanted):
    for name, path in on_disk().items():
        if name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != content:
            path.write_bytes(content)
    for folder in sorted((HERE / "providers").rglob("*"), reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail on any difference")
    arguments = parser.parse_args()
    wanted, suite = files()
    if arguments.check:
        if not check(wanted):
            sys.exit("tests/make_cases.py would write other files; run it and look at the difference")
    else:
        write(wanted)
    print(suite.summary())


if __name__ == "__main__":
    main()
