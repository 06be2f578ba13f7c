#!/usr/bin/env bash
# SQLite gives back another double than it was given: the sign of a negative zero is lost on the way to the disk.
#
# Version:   the package apsw 3.54.1.0, which brings SQLite 3.54.1.
# Guess:     a column of type REAL returns the eight bytes it was given, for every finite double.
# Behaviour: -0.0 in a REAL column comes back as 0.0. A REAL that has no fraction is written as an integer to save room
#            (https://www.sqlite.org/datatype3.html, section 2, on columns of REAL affinity), and no integer has a
#            negative zero. The literal itself keeps its sign as long as nothing is stored.
# Who minds: whoever hashes a row before it is written and again after it is read: JSON writes -0.0 and 0.0 apart.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
"$place/venv/bin/python" - <<'PYTHON'
import json
import struct
import sys

import apsw

database = apsw.Connection(":memory:")
database.execute("CREATE TABLE kept (value REAL)")
given = [-0.0, -1.0, -5e-324, 0.1, 2.0**53]
for value in given:
    database.execute("INSERT INTO kept VALUES (?)", (value,))
read = [row[0] for row in database.execute("SELECT value FROM kept ORDER BY rowid")]
(unstored,) = next(database.execute("SELECT ?", (-0.0,)))
print(f"SQLite {apsw.sqlite_lib_version()}")
same = [struct.pack("<d", a) == struct.pack("<d", b) for a, b in zip(given, read, strict=True)]
for value, back, alike in zip(given, read, same, strict=True):
    print(f"given {json.dumps(value):>24}  read {json.dumps(back):>24}  {'the same bytes' if alike else 'ANOTHER DOUBLE'}")
print(f"-0.0 that is not stored comes back as {json.dumps(unstored)}")
as_said = same == [False, True, True, True, True] and json.dumps(unstored) == "-0.0"
print("as said above" if as_said else "no longer as said above")
sys.exit(not as_said)
PYTHON
