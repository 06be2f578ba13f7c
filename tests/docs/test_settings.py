"""Every setting is documented with the default that it has, and every example of settings is accepted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from forecaster import models, settings
from forecaster.presets import PRESETS
from tests.docs.pages import MODELS, README, SETTINGS, blocks, sections

if TYPE_CHECKING:
    from pathlib import Path


def defaults(kind: type[BaseModel], place: str) -> dict[str, str]:
    """Key -> default, as the page writes it."""
    return {f"{place}.{name}": written(field.default) for name, field in kind.model_fields.items()}


def written(value: Any) -> str:
    """A default as the page writes it."""
    if value is None:
        return "none"
    if value in ("", (), {}):
        return "empty"
    return f"`{', '.join(map(str, value))}`" if isinstance(value, tuple) else f"`{value}`"


def every_default() -> dict[str, str]:
    """Key -> default of all settings, those of each model among them."""
    found: dict[str, str] = {}
    for section, field in settings.Settings.model_fields.items():
        if section != "models":
            assert isinstance(field.annotation, type)
            found |= defaults(field.annotation, section)
    for name in models.names():
        found |= defaults(models.load(name).Settings, f"models.{name}")
    return found


def faults(wanted: dict[str, str], text: str) -> list[str]:
    """What the page of settings lacks, has too much, or has wrong."""
    shown = dict(re.findall(r"^\| `([\w.]+)` \| (\S[^|]*?) \|", text, flags=re.MULTILINE))
    missing = [f"{key} is not there" for key in wanted if key not in shown]
    extra = [f"{key} does not exist" for key in shown if key not in wanted]
    wrong = [f"{key} is {wanted[key]}, not {shown[key]}" for key in wanted.keys() & shown if wanted[key] != shown[key]]
    return missing + extra + wrong


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    assert faults(every_default(), SETTINGS.read_text("utf-8")) == []


def test_an_undocumented_setting_and_a_wrong_default_are_seen() -> None:
    class Report(BaseModel):
        days: int = 60
        colour: str = "blue"

    planted = every_default() | defaults(Report, "report")
    assert sorted(faults(planted, SETTINGS.read_text("utf-8"))) == [
        "report.colour is not there",
        "report.days is `60`, not `30`",
    ]


def test_every_preset_and_the_environment_are_documented() -> None:
    text = SETTINGS.read_text("utf-8")
    assert [name for name in PRESETS if f"- `{name}`" not in text] == []
    assert settings.PREFIX in text
    assert settings.FILE in text


def test_every_model_is_documented_and_no_other() -> None:
    ids = {heading for heading in sections(MODELS.read_text("utf-8")) if re.fullmatch(r"[a-z]\w*", heading)}
    assert ids == set(models.names())


@pytest.mark.parametrize("page", [README, SETTINGS], ids=lambda page: page.name)
def test_every_example_of_settings_is_accepted(page: Path, tmp_path: Path) -> None:
    shown = blocks(page.read_text("utf-8"), "toml")
    assert shown
    for text in shown:
        (tmp_path / settings.FILE).write_text(text, "utf-8")
        settings.read(tmp_path)
