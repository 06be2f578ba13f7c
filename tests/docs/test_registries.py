"""Every guide and every score stands in the documentation as its file declares it."""

from __future__ import annotations

import re

import pytest

from forecaster.evaluation import scores
from forecaster.inference import guides
from tests.docs.pages import COMMANDS, MODELS, SETTINGS


def row(*cells: object) -> str:
    """A row of a table, as a page writes it."""
    return f"| {' | '.join(map(str, cells))} |"


@pytest.mark.parametrize("name", guides.names())
def test_every_guide_is_described_as_its_file_says(name: str) -> None:
    made = guides.load(name)
    wanted = row(f"`{name}`", made.SUMMARY, f"{made.SCHEDULE.steps:,}", made.SCHEDULE.learning_rate)
    assert wanted in MODELS.read_text("utf-8")


@pytest.mark.parametrize(("model", "known"), [("bayesian_linear", guides.names()), ("bayesian_mlp", guides.starting())])
def test_a_setting_lists_the_guides_that_it_may_name(model: str, known: tuple[str, ...]) -> None:
    (told,) = re.findall(rf"^\| `models.{model}.guide` \| .* \| (.*) \|$", SETTINGS.read_text("utf-8"), re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", told)) == list(known)


@pytest.mark.parametrize("name", scores.names())
def test_every_score_is_described_as_its_file_says(name: str) -> None:
    mean = scores.mean_of(name)
    told = f"`{mean}` |" if mean else "|"
    assert f"| `{name}` | {scores.load()[name].SUMMARY} | {told}" in COMMANDS.read_text("utf-8")
