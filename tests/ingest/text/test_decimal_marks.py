"""Decimal marks: told by a column, then by the others, then by the dates, and otherwise asked for."""

import pytest

from ingest.errors import BadValueError
from ingest.text.decimal_marks import decimal_commas
from ingest.text.numbers import taken


def commas(columns: dict[str, list[str]], chosen: str = "", *, american: bool = False) -> dict[str, bool]:
    cells = {role: [taken(text) for text in texts] for role, texts in columns.items()}
    return decimal_commas(cells, chosen, lambda role, row: f"{role} {columns[role][row]}", american=american)


@pytest.mark.parametrize(
    ("texts", "comma"),
    [
        (["13,465", "13,5"], True),
        (["13,465", "0,998"], True),
        (["13,465", "1.002,5"], True),
        (["13.465", "1.002.465"], True),
        (["13,465", "1,002,465"], False),
        (["13.465", "13.38"], False),
        (["1,465", "980.5", "1,002.25"], False),
        (["7", "8"], False),
    ],
)
def test_a_column_tells_by_all_its_values(texts: list[str], comma: bool) -> None:
    assert commas({"close": texts}) == {"close": comma}


def test_prices_share_one_mark() -> None:
    told = commas({"close": ["13,465"], "open": ["13,4"], "volume": ["45.09M"]})
    assert told == {"close": True, "open": True, "volume": False}


def test_other_columns_tell_where_a_column_does_not() -> None:
    assert commas({"close": ["13,465"], "volume": ["45,085,327"]})["close"] is False
    assert commas({"close": ["5.323"], "volume": ["5.787.475.661"]})["close"] is True


def test_american_dates_tell_last() -> None:
    assert commas({"close": ["13,465"]}, american=True) == {"close": False}
    assert commas({"close": ["13,465", "12,5"]}, american=True) == {"close": True}


@pytest.mark.parametrize("columns", [{"close": ["13,465"]}, {"close": ["6.292", "6.246"]}, {"volume": ["4.233"]}])
def test_what_nothing_tells_is_asked_for(columns: dict[str, list[str]]) -> None:
    with pytest.raises(BadValueError, match="say --decimal comma or --decimal point"):
        commas(columns)
    role = next(iter(columns))
    assert commas(columns, "comma")[role] is True
    assert commas(columns, "point")[role] is False


def test_between_commas_numbers_without_groups_tell_of_a_program_that_makes_none() -> None:
    columns = {"close": [taken("162.134")], "volume": [taken("1234567")]}
    assert decimal_commas(columns, "", lambda role, _row: role, commas_separate=True)["close"] is False
    with pytest.raises(BadValueError, match="--decimal"):
        decimal_commas(columns, "", lambda role, _row: role)
    with pytest.raises(BadValueError, match="--decimal"):
        decimal_commas({**columns, "close": [taken("162,134")]}, "", lambda role, _row: role, commas_separate=True)


def test_columns_without_a_role_tell_where_those_with_one_do_not() -> None:
    def told(columns: dict[str, list[str]], *beside: str) -> dict[str, bool]:
        cells = {role: [taken(text) for text in texts] for role, texts in columns.items()}
        return decimal_commas(cells, "", lambda role, _row: role, beside=[[taken(text) for text in beside]])

    assert told({"close": ["14.741"], "volume": ["123456"]}, "14.7412") == {"close": False, "volume": False}
    assert told({"close": ["14.741"]}, "0,25", "-0,14") == {"close": True}
    assert told({"close": ["14.741"], "volume": ["1.234.567"]}, "14.7412")["close"] is True  # a role's goes before
    with pytest.raises(BadValueError, match="--decimal"):
        told({"close": ["14.741"]}, "0,25", "0.25")


def test_columns_that_contradict_each_other_do_not_tell() -> None:
    with pytest.raises(BadValueError, match="--decimal"):
        commas({"close": ["13,465"], "volume": ["1.234.567"], "market_cap": ["1,234,567"]})


def test_a_lone_thousand_among_decimals_is_asked_for() -> None:
    with pytest.raises(BadValueError, match="close 118,690"):
        commas({"close": ["118.69", "119.15", "118,690"]})
    assert commas({"close": ["118.69", "118,690"], "volume": ["1,234,567"]})["close"] is False


def test_a_choice_is_of_the_prices_and_a_volume_that_tells_keeps_its_own() -> None:
    told = commas({"close": ["13,465"], "volume": ["45.09M"]}, "comma")
    assert told == {"close": True, "volume": False}


def test_counts_are_whole() -> None:
    assert commas({"tweets": ["5.096"]}) == {"tweets": True}
    assert commas({"tweets": ["5,096", "3.5K"]}) == {"tweets": False}


def test_whole_numbers_among_those_with_three_digits_behind_a_point_leave_it_open() -> None:
    """An index that passes a thousand fell by the factor of a thousand."""
    told: dict[str, list[str]] = {"close": ["998", "1.001", "1.004"], "volume": ["47095878", "43375326", "40011234"]}
    cells = {role: [taken(text) for text in texts] for role, texts in told.items()}
    with pytest.raises(BadValueError, match="say --decimal"):
        decimal_commas(cells, "", lambda role, row: f"{role} {row}", commas_separate=True)
