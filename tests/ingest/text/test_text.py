"""Dates and numbers: what is written in any accepted style is read back as it was."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import BadDateError
from ingest.text.columns import find_columns
from ingest.text.numbers import parse_number
from ingest.text.stamps import parse_dates

STYLES = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y%m%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.000Z",
    "%Y-%m-%d 00:00:00-05:00",
    "%b %d %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d.%m.%Y",
]
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(days=st.lists(DATES, max_size=5), style=st.sampled_from(STYLES))
def test_dates_are_read_back_in_every_style(days: list[date], style: str) -> None:
    assert parse_dates([f"{day:{style}}" for day in days], str) == days


@given(days=st.lists(DATES, min_size=1, max_size=9), style=st.sampled_from(["%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y"]))
def test_slashes_are_read_rightly_or_refused(days: list[date], style: str) -> None:
    texts = [f"{day:{style}}" for day in days]
    sure = any(day.day > 12 for day in days) or all(day.day == day.month for day in days)
    if sure:
        assert parse_dates(texts, str) == days
    else:
        with pytest.raises(BadDateError, match="month first or day first"):
            parse_dates(texts, str)


@pytest.mark.parametrize("text", ["", "1/32/24", "2024-13-01", "Foo 1 2024", "J 1 2024", "170536320", "2024-01"])
def test_what_is_no_date_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadDateError, match="line 9"):
        parse_dates([text], lambda _row: "line 9")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_back_exactly(value: float) -> None:
    assert parse_number(repr(value)) == value


@given(st.integers(0, 10**15), st.integers(0, 99))
def test_thousands_and_decimal_commas_are_read_back(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    german = english.translate(str.maketrans(".,", ",."))
    assert parse_number(english) == parse_number(german, decimal_comma=True) == float(f"{whole}.{cents:02d}")


@pytest.mark.parametrize(
    "text",
    [
        *("null", "NULL", "-", "", "N/A", "n/a", "NaN", "None", "--", "#N/A", "#N/A N/A", "ND", "N/D", "#NV", "#N/D"),
        *("n.d.", "k.A.", ".", "..", "-,--", "<NA>", "\\N"),
    ],
)
def test_gaps(text: str) -> None:
    assert np.isnan(parse_number(text))


@pytest.mark.parametrize("text", ["1,23", "12,34", "0,123", "1.2.3", "1e", "abc", "inf", "1_000", "0x10", "1 2", "5%"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


@pytest.mark.parametrize(
    "text",
    [
        *("*", "12.50*", "#REF!", "#VALUE!", "halted", "(12.50", "12.50)", "(-12.50)", "((12.50))", "12.50-", "12 34"),
        *("1'23.4", "12.5 M M", "1.2 Mx", "1.2BUSD", "100 BUSD", "12.50 abc", "3 Mioo", "2.5兆", "1,23,4", "A12.5"),
    ],
)
def test_what_looks_like_a_number_and_is_not_sure_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(
            ("1'234.56", 1234.56),
            ("1\u2019234.56", 1234.56),
            ("12,34,567.89", 1234567.89),
            ("1,234,567.89", 1234567.89),
        ),
        *(("$ 12.50", 12.5), ("12.50 USD", 12.5), ("USD 12.50", 12.5), ("-$12.50", -12.5), ("(12.50)", -12.5)),
        *(("($12.50)", -12.5), ("$(12.50)", -12.5), ("\u221212.50", -12.5), ("1.23M", 1.23e6), ("0.0471 bn", 47.1e6)),
        *(("3.4亿", 3.4e8), ("12.3万", 1.23e5), ("2万亿", 2e12), ("3.4억", 3.4e8), ("5만", 5e4), ("1조", 1e12)),
        *(("1.5 Cr", 1.5e7), ("2 lakh", 2e5), ("12,500원", 12500.0), ("12500円", 12500.0), ("\uffe512,500", 12500.0)),
        *(("12.5 MEUR", 12.5e6), ("1.2B USD", 1.2e9), ("1,234.50 USDT", 1234.5), ("3 million", 3e6)),
    ],
)
def test_numbers_with_a_decimal_point(text: str, number: float) -> None:
    assert parse_number(text) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1 234,56", 1234.56), ("1\u00a0234,56", 1234.56), ("1\u202f234,56", 1234.56), ("1\u2009234,56", 1234.56)),
        *(("€12,50", 12.5), ("12,50 €", 12.5), ("12,50 zł", 12.5), ("1.234,56 TL", 1234.56), ("kr 12,50", 12.5)),
        *(("1,2 Mrd", 1.2e9), ("1,2 Mrd.", 1.2e9), ("3,4 Mio. €", 3.4e6), ("3,4 mld", 3.4e9), ("2 tys.", 2e3)),
        *(("1,2 млн", 1.2e6), ("1,2 млрд", 1.2e9), ("12,50 \u0440\u0443\u0431.", 12.5), ("1,5 Mds €", 1.5e9)),
    ],
)
def test_numbers_with_a_decimal_comma(text: str, number: float) -> None:
    assert parse_number(text, decimal_comma=True) == pytest.approx(number, rel=1e-12)


def test_a_decimal_point_among_decimal_commas_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.5"):
        parse_number("1.5", decimal_comma=True)


def test_the_preferred_name_wins_where_two_columns_could_be_meant() -> None:
    assert find_columns(("Timestamp", "Price", "Close", "DATE")) == {"date": 3, "close": 2}


def test_years_of_taiwan() -> None:
    assert parse_dates(["115/06/08", "115/6/9"], str) == [date(2026, 6, 8), date(2026, 6, 9)]
