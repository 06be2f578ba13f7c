#!/usr/bin/env bash
# In torch the sum of a column depends on how many other columns stand beside it, on one thread and without a GPU.
#
# Version:   torch 2.13.0 for the processor, with numpy 2.4.6.
# Guess:     `x.sum(0)` adds the numbers of each column in one order, whatever else is in the table: the same column
#            gives the same bits in a table of one, of seven or of sixty-four.
# Behaviour: the same thousand numbers give several sums, by the width of the table and by where in it they stand. Laid
#            out as rows and summed along the last axis they give one sum in every table.
# Source:    https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html says that batched computations need not give
#            the bits of single ones; it names no sum of columns.
# Who minds: whoever trains many models in one tensor program and must get the bytes that each would have alone.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import torch

torch.set_num_threads(1)
made = torch.Generator().manual_seed(0)
own = torch.randn(1000, generator=made)
columns, rows = {}, {}
for width in (1, 2, 4, 7, 8, 16, 33, 64):
    for at in {0, width - 1}:
        table = torch.randn(1000, width, generator=made)
        table[:, at] = own
        columns[width, at] = float(table.sum(0)[at])
        rows[width, at] = float(table.T.contiguous().sum(1)[at])
print(f"torch {torch.__version__}; the sum in exact arithmetic is {math.fsum(own.tolist())!r}")
for (width, at), value in columns.items():
    print(f"column {at:2} of {width:2}: {value!r}, as a row {rows[width, at]!r}")
as_said = len(set(columns.values())) > 1 and len(set(rows.values())) == 1
print("as said above" if as_said else "no longer as said above")
sys.exit(not as_said)
PYTHON
