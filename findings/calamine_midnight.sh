#!/usr/bin/env bash
# python-calamine gives midnight in a column of date-times as a date without a time: the column cannot be sorted.
#
# Version:   python-calamine 0.9.1; the workbook is written, and read once more for comparison, by openpyxl 3.1.5.
# Guess:     cells of one format come as one type, so a column of hours is all `datetime`, as openpyxl gives it.
# Behaviour: the hours are `datetime`, but the one at midnight is a `date`, as if only a day had been written. Sorting
#            the column, or comparing neighbours, raises TypeError; formatting it drops the time of one row in twenty-four.
# Source:    the type hints of `CalamineSheet.to_python`, which list both types and do not say when which is given.
# Who minds: whoever reads hourly bars from a workbook through it. (pandas turns both into its own time stamps.)
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
cat > "$place/hours.py" <<'PYTHON'
import io
from datetime import datetime, timedelta

import openpyxl
from python_calamine import CalamineWorkbook

book, held = openpyxl.Workbook(), io.BytesIO()
for hour in range(23, 26):
    book.active.append([datetime(2026, 6, 8) + timedelta(hours=hour)])
book.save(held)
held.seek(0)
calamine = [row[0] for row in CalamineWorkbook.from_filelike(held).get_sheet_by_index(0).to_python()]
held.seek(0)
others = [row[0].value for row in openpyxl.load_workbook(held).active.iter_rows()]
print("python-calamine:", [type(value).__name__ for value in calamine])
print("openpyxl:       ", [type(value).__name__ for value in others])
try:
    sorted(calamine)
except TypeError as fault:
    print("sorted:         ", fault)
PYTHON
saw=$("$place/venv/bin/python" "$place/hours.py")
printf '%s\n' "$saw"
if grep -q "python-calamine: \['datetime', 'date', 'datetime'\]" <<< "$saw" && grep -q "sorted: .*can't compare" <<< "$saw"; then
    echo "as said above"
else
    echo "this has changed" >&2
    exit 1
fi
