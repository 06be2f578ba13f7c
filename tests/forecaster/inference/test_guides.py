"""The folder of guides is the registry: what each file declares, and what settings may name."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from forecaster import settings
from forecaster.errors import SettingsError, UnknownNameError
from forecaster.families.network import fit_networks
from forecaster.families.regression import fit_regression
from forecaster.inference import guides


@pytest.mark.parametrize("name", guides.names())
def test_a_guide_declares_what_differs(name):
    made = guides.load(name)
    assert made.SUMMARY
    assert "\n" not in made.SUMMARY
    assert made.NEEDS in {"laplace", "start", "nothing"}
    assert made.SCHEDULE.minibatch == 0, "what a family looks at is its own affair"


@pytest.mark.parametrize(
    ("model", "guide", "sign"),
    [
        ("bayesian_linear", "fullrank", "no guide is called 'fullrank'; nearest: full_rank"),
        ("bayesian_linear", "Full_rank", "no guide is called 'Full_rank'; nearest: full_rank"),
        ("bayesian_linear", "x", "known: custom, full_rank, laplace, low_rank, mean_field"),
        ("bayesian_mlp", "full_rank", "no guide that will do here is called 'full_rank'; nearest: low_rank"),
        ("bayesian_mlp", "meanfield", "no guide is called 'meanfield'; nearest: mean_field"),
    ],
)
def test_a_setting_that_names_no_guide_is_one_plain_line(tmp_path, model, guide, sign):
    (tmp_path / settings.FILE).write_text(f'[models.{model}]\nguide = "{guide}"\n')
    with pytest.raises(SettingsError) as fault:
        settings.read(tmp_path)
    assert str(fault.value).startswith(f"setting models.{model}.guide: no guide ")
    assert sign in str(fault.value)
    assert str(fault.value).endswith(f"(it is '{guide}')")
    assert "\n" not in str(fault.value)


def test_a_fit_refuses_a_guide_that_will_not_do():
    x, y = np.zeros((5, 2)), np.zeros(5)
    with pytest.raises(UnknownNameError, match="nearest: low_rank"):
        fit_regression(x, y, guide="lowrank")
    for name in ("custom", "full_rank", "laplace"):
        with pytest.raises(UnknownNameError, match="will do here"):
            fit_networks([(x, y)], [0], guide=name)


def test_the_names_are_known_without_torch():
    """Settings are read by every command."""
    words = "import sys; from forecaster.inference import guides; guides.names(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", words], check=False).returncode == 0
