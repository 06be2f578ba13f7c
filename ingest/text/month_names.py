"""Names of months and weekdays in the languages of the big markets, in full or cut, in any case, with accents or not.

A cut name is taken where all languages that it may be of mean one month: `mar` is March in six of them, `jui` may be
June or July in French and is none.
"""

# ruff: noqa: RUF001, RUF002 - Turkish and Russian letters, and brackets of Japanese, that look like others

import re
import unicodedata
from collections.abc import Iterable

ENGLISH = "january february march april may june july august september october november december"
_MONTHS = (
    ENGLISH,
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
)
_CUT_INSIDE = {"mrz": 3, "mrt": 3}
"""Abbreviations that are no beginning of a name."""
_WEEKDAYS = (
    "monday tuesday wednesday thursday friday saturday sunday",
    "mon tue tues wed thu thur thurs fri sat sun",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so",
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mar mer jeu ven sam dim",
    "lunes martes miércoles jueves viernes sábado domingo lun mar mié jue vie sáb dom",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica lun mar mer gio ven sab dom",
    "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "segunda terça quarta quinta sexta seg ter qua qui sex sáb dom",
    "poniedziałek wtorek środa czwartek piątek sobota niedziela pon wt śr czw pt sob niedz ndz",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag ma di wo do vr za zo",
    "понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс",
    "pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt sal çar per cum cmt paz",
    "星期一 星期二 星期三 星期四 星期五 星期六 星期日 周一 周二 周三 周四 周五 周六 周日",
    "月 火 水 木 金 土 日 一 二 三 四 五 六",
    "월요일 화요일 수요일 목요일 금요일 토요일 일요일 월 화 수 목 금 토 일",
)
_SHORTEST = 3
_LETTERS = str.maketrans({"ı": "i", "ł": "l"})
_WORD = r"[^\W\d_]+(?:-feira)?"
_NUMBER = re.compile(r"\d+")
_NUMBERS = 3
_BEFORE = re.compile(rf"({_WORD})\.?,?\s+(?=\S)")
_AFTER = re.compile(rf"(?:,?\s+|(?<=[日일]))({_WORD})\.?\Z")
_IN_BRACKETS = re.compile(rf"\s*[(（]({_WORD})\.?[)）]\Z")


def _plain(name: str) -> str:
    """Without case and accents.

    >>> _plain("KASIM") == _plain("Kasım"), _plain("Août")
    (True, 'aout')
    """
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_LETTERS)


def _beginnings(years: Iterable[str]) -> dict[str, frozenset[int]]:
    """Each name and each of its beginnings -> the months that it may be."""
    found: dict[str, set[int]] = {}
    for year in years:
        for number, name in enumerate(_plain(year).split(), start=1):
            for end in range(min(_SHORTEST, len(name)), len(name) + 1):
                found.setdefault(name[:end], set()).add(number)
    return {name: frozenset(months) for name, months in found.items()}


_BY_NAME = _beginnings(_MONTHS) | {name: frozenset({month}) for name, month in _CUT_INSIDE.items()}
_IN_ENGLISH = frozenset(_beginnings((ENGLISH,)))
_DAYS = frozenset(_plain(" ".join(_WEEKDAYS)).split())


def month_of(name: str) -> int | None:
    """The month of a full name or of its first letters; None where it is none, or may be several.

    >>> [month_of(name) for name in ("Sept", "LISTOPADA", "aout", "Mrz", "jui", "Foo", "J")]
    [9, 11, 8, 3, None, None, None]
    """
    months = _BY_NAME.get(_plain(name), frozenset())
    return next(iter(months)) if len(months) == 1 else None


def is_english(name: str) -> bool:
    """Whether a month's name may be English.

    >>> is_english("Nov"), is_english("noviembre")
    (True, False)
    """
    return _plain(name) in _IN_ENGLISH


def without_weekday(text: str) -> str:
    """A text without a weekday before it, after it or in brackets.

    >>> [without_weekday(text) for text in ("Fr., 27.11.2026", "27 Kasım 2026 Cuma", "2026/11/27(金)", "Mar 2 2026")]
    ['27.11.2026', '27 Kasım 2026', '2026/11/27', 'Mar 2 2026']
    """
    if text[:1].isdigit() and text[-1:].isdigit():
        return text
    if (found := _BEFORE.match(text)) and _plain(found[1]) in _DAYS and _is_whole(text[found.end() :]):
        return text[found.end() :]
    found = _AFTER.search(text) or _IN_BRACKETS.search(text)
    return text[: found.start()] if found and _plain(found[1]) in _DAYS else text


def _is_whole(rest: str) -> bool:
    """Whether a date is left when a word before it is taken for a weekday: `mar` is one, and a month."""
    return len(_NUMBER.findall(rest)) >= _NUMBERS or any(month_of(word) for word in re.findall(_WORD, rest))
