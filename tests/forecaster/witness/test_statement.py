"""The statement of a record: one text for one state, read back exactly, and nothing else is read."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.errors import WitnessError
from forecaster.witness import statement
from forecaster.witness.statement import CHAINS, Statement

ROWS = dict(zip(CHAINS, (2, 812, 790, 4740, 0), strict=True))
HEADS = {name: sha256(name.encode()).hexdigest() for name in CHAINS} | {"token": "0" * 64}
SAMPLE = Statement(ROWS, HEADS, "ab" * 32)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)


def test_the_text_is_that_of_the_page() -> None:
    head = HEADS
    assert SAMPLE.text == (
        "forecaster record 1\n"
        f"event 2 {head['event']}\nforecast 812 {head['forecast']} {'ab' * 32}\noutcome 790 {head['outcome']}\n"
        f"score 4740 {head['score']}\ntoken 0 {'0' * 64}\n"
    )
    assert SAMPLE.digest == sha256(SAMPLE.text.encode()).hexdigest()
    assert SAMPLE.line == f"forecaster:2.812.790.4740.0:{SAMPLE.digest}"


@given(numbers=st.lists(st.integers(0, 10**9), min_size=5, max_size=5), heads=st.lists(hashes, min_size=6, max_size=6))
def test_text_and_line_read_back(numbers: list[int], heads: list[str]) -> None:
    *own, root = heads
    made = Statement(dict(zip(CHAINS, numbers, strict=True)), dict(zip(CHAINS, own, strict=True)), root)
    assert statement.read(made.text) == made
    line = statement.read_line(f"  {made.line}\n")
    assert (line.rows, line.digest) == (made.rows, made.digest)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace("812", "0812"),
        lambda text: text.replace("812", "-812"),
        lambda text: text.replace("812", "٨١٢"),
        lambda text: text.replace("record 1", "record 2"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ab", " AB"),
        lambda text: text.replace("event", "events"),
        lambda text: text.replace(" " + "ab" * 32, ""),
        lambda text: "",
    ],
    ids=["cut", "longer", "zero", "negative", "digits", "version", "ends", "capitals", "name", "rootless", "empty"],
)
def test_a_text_that_is_not_exactly_one_is_refused(spoil) -> None:
    with pytest.raises(WitnessError, match="not a statement"):
        statement.read(spoil(SAMPLE.text))


@pytest.mark.parametrize(
    "spoil",
    [lambda line: line[:-1], lambda line: line.replace(".", ","), lambda line: line + " x", lambda line: "812"],
    ids=["cut", "commas", "words", "number"],
)
def test_a_line_that_is_not_one_is_refused(spoil) -> None:
    with pytest.raises(WitnessError, match="not a line of `forecaster ledger head`"):
        statement.read_line(spoil(SAMPLE.line))
