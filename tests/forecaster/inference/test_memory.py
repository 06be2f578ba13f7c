"""A process that fits all day does not grow."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from forecaster.families.linear import Prior
from forecaster.families.regression import fit_regressions
from forecaster.inference.schedule import Schedule

rng = np.random.default_rng(0)
x, y = rng.standard_normal((200, 5)), rng.standard_normal(200)
together, calls = int(sys.argv[1]), 1000 // int(sys.argv[1])

def fits(times):
    for call in range(times):
        seeds = range(call, call + together)
        found = fit_regressions([(x, y)] * together, seeds, Prior(noise="student_t"), schedule=Schedule(10), draws=50)
        assert not any(fit.fit.failure for fit in found)

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

fits(3)
before = resident()
fits(calls)
print((resident() - before) / 1e6)
"""


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="there is no /proc here to read the resident size from"
)
@pytest.mark.parametrize("together", [100, pytest.param(1, marks=pytest.mark.campaign)])
def test_a_thousand_fits_in_one_process_leave_it_no_bigger(together):
    """After three calls to warm up, a thousand more fits, so many a call, grow the process by less than 20 MB."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(together)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 20
