"""Months and weekdays in several languages."""

from __future__ import annotations

import pytest

from ingest.text.month_names import month_of, without_weekday

YEARS = {
    "english": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "german": "Jan Feb Mrz Apr Mai Juni Juli Aug Sept Okt Nov Dez",
    "french": "janv févr mars avr mai juin juil août sept oct nov déc",
    "spanish": "ene feb mar abr may jun jul ago sept oct nov dic",
    "italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "polish": "sty lut mar kwi maj cze lip sie wrz paź lis gru",
    "polish, of": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "russian": "янв фев мар апр мая июн июл авг сен окт ноя дек",
    "turkish": "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara",
}


@pytest.mark.parametrize("language", YEARS)
def test_a_year_of_each_language_is_read_in_any_case(language: str) -> None:
    for case in (str, str.upper, str.lower):
        assert [month_of(case(name)) for name in YEARS[language].split()] == list(range(1, 13))


@pytest.mark.parametrize("name", ["jui", "ja", "m", "Foo", "листопад", "srpnja", "brumaire"])
def test_what_may_be_two_months_or_none_is_none(name: str) -> None:
    assert month_of(name) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Tues, 9/6/26", "9/6/26"),
        ("mar 9 juin 2026", "9 juin 2026"),
        ("Mar 9 2026", "Mar 9 2026"),
        ("mar 2026", "mar 2026"),
        ("2026-06-09 Tue", "2026-06-09"),
        ("2026-06-09 (wt.)", "2026-06-09"),
        ("May 9 2026", "May 9 2026"),
        ("next 9/6/26", "next 9/6/26"),
    ],
)
def test_a_weekday_is_left_out_and_a_month_is_not(text: str, rest: str) -> None:
    assert without_weekday(text) == rest
