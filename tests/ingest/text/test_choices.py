"""Choices are checked when they are made."""

import pytest

from ingest.errors import FileFaultError
from ingest.text.choices import Choices


def test_what_there_is_to_choose_from_is_named() -> None:
    Choices("comma", "Europe/Berlin", dividends="paid")
    with pytest.raises(FileFaultError, match="--decimal semicolon: choose comma or point"):
        Choices(decimal="semicolon")
    with pytest.raises(FileFaultError, match="--dividends yes: choose paid or included"):
        Choices(dividends="yes")
    for name in ("Berlin", "../etc/passwd", "/etc/passwd", ""):
        if name:
            with pytest.raises(
                FileFaultError, match=r"--timezone .* is not a time zone: name one such as Europe/Berlin"
            ):
                Choices(timezone=name)
