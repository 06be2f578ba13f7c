"""Where fits are trained is a setting, and no forecast hangs on it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from forecaster.contract import Compute
from forecaster.errors import SettingsError
from forecaster.issuing.issue import issue
from forecaster.issuing.provenance import config_sha256
from forecaster.settings import read

GPU = torch.cuda.is_available()
UNASKED = """
import sys
from pathlib import Path
from forecaster.settings import read

settings = read(Path(sys.argv[1]))
assert settings.compute.device == "cuda"
assert "torch" not in sys.modules
"""


def test_the_settings_give_the_device_and_the_memory(settings_of):
    assert settings_of().compute.chosen() == Compute()
    assert settings_of(compute={"memory_mb": 16}).compute.chosen() == Compute("cpu", 2**24)
    assert settings_of(compute={"device": "auto"}).compute.chosen().device == ("cuda" if GPU else "cpu")


@pytest.mark.skipif(GPU, reason="there is a GPU here")
def test_cuda_without_a_gpu_is_one_line_with_the_remedy(history_of, settings_of):
    """It is said where a fit asks for it, and not before."""
    settings = settings_of(compute={"device": "cuda"})
    history = history_of([0.01, -0.01, 0.02] * 50)
    with pytest.raises(SettingsError, match=r"compute\.device.*choose cpu, or auto") as fault:
        issue(history, history.last, ("climatology",), settings)
    assert "\n" not in str(fault.value)


def test_reading_the_settings_does_not_load_torch(tmp_path):
    (tmp_path / "forecaster.toml").write_text('[compute]\ndevice = "cuda"\n', "utf-8")
    subprocess.run([sys.executable, "-c", UNASKED, tmp_path], check=True)


def test_neither_key_enters_the_hash_of_a_forecasts_settings(settings_of):
    """The control: a key that forecasts depend on does."""
    plain = config_sha256(settings_of(), "bayesian_linear")
    assert config_sha256(settings_of(compute={"device": "auto", "memory_mb": 64}), "bayesian_linear") == plain
    assert config_sha256(settings_of(forecast={"half_life": 5.0}), "bayesian_linear") != plain


@pytest.mark.parametrize(
    ("line", "said"), [('device = "gpu"', "compute.device"), ("memory_mb = 8", "compute.memory_mb")]
)
def test_a_value_out_of_range_is_refused(tmp_path, line, said):
    (tmp_path / "forecaster.toml").write_text(f"[compute]\n{line}\n", "utf-8")
    with pytest.raises(SettingsError, match=said):
        read(tmp_path)
