#!/usr/bin/env bash
# SciPy's quantile of a Student-t far in the lower tail is off by a factor of two, and further out has the wrong sign.
#
# Version:   scipy 1.17.1 with numpy 2.4.6.
# Guess:     scipy.special.stdtrit(df, p) inverts stdtr(df, t) to a dozen digits at every p that a double can hold, and
#            gives minus infinity at a level of zero.
# Behaviour: at three degrees of freedom the quantile of 1e-200 is half of what it should be, that of 1e-250 is PLUS
#            infinity, and so is that of zero. The cdf is right out there: it gives the level back at the place of the
#            tail's power law. At four degrees of freedom 1e-300 is right.
# Source:    https://docs.scipy.org/doc/scipy/reference/generated/scipy.special.stdtrit.html: the inverse of stdtr. The
#            tail of f degrees is f^(f/2 - 1) / B(1/2, f/2) |t|^-f, but for parts that vanish: the integral of the density.
# Who minds: whoever inverts a law with heavy tails at a level that is a product of probabilities.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import math
import sys

import scipy
from scipy.special import beta, stdtr, stdtrit


def law(df: float, level: float) -> float:
    """Where the power law of the lower tail has this level."""
    return -math.exp(((df / 2 - 1) * math.log(df) - math.log(beta(0.5, df / 2)) - math.log(level)) / df)


print(f"scipy {scipy.__version__}")
seen = {}
for df, level in ((3.0, 1e-100), (3.0, 1e-200), (3.0, 1e-250), (4.0, 1e-300)):
    there, found = law(df, level), float(stdtrit(df, level))
    seen[df, level] = found / there
    print(f"df {df:g}, level {level:g}: quantile {found:.4g}, the law {there:.4g}, whose cdf is {float(stdtr(df, there)):.4g}")
    assert math.isclose(float(stdtr(df, there)), level, rel_tol=1e-9), "the cdf has changed"
zero = float(stdtrit(3.0, 0.0))
print(f"df 3, level 0: quantile {zero}")
as_said = (
    math.isclose(seen[3.0, 1e-100], 1.0, rel_tol=1e-9)
    and math.isclose(seen[3.0, 1e-200], 0.5, rel_tol=1e-3)
    and seen[3.0, 1e-250] == -math.inf
    and math.isclose(seen[4.0, 1e-300], 1.0, rel_tol=1e-9)
    and zero == math.inf
)
print("as said above" if as_said else "no longer as said above")
sys.exit(not as_said)
PYTHON
