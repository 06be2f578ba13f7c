"""Files as people have them, spoilt at random: what a slip of the hand, a bad disk or another program makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable

Mutation = Callable[[random.Random, str], str]


def drop_rows(chance: random.Random, text: str) -> str:
    """A run of lines is lost."""
    lines = text.split("\n")
    start = chance.randrange(len(lines))
    return "\n".join(lines[:start] + lines[start + chance.randint(1, 5) :])


def repeat_row(chance: random.Random, text: str) -> str:
    """A line comes again elsewhere."""
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return "\n".join(lines)


def blank_field(chance: random.Random, text: str) -> str:
    """A field is emptied."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    sign = chance.choice(",;\t|")
    cells = lines[at].split(sign)
    cells[chance.randrange(len(cells))] = chance.choice(["", "-", "null", "n/a", " "])
    lines[at] = sign.join(cells)
    return "\n".join(lines)


def swap_marks(chance: random.Random, text: str) -> str:
    """A point of one place becomes a comma, or the other way round."""
    at = _somewhere(chance, text, ".,")
    return text[:at] + {".": ",", ",": "."}.get(text[at : at + 1], "") + text[at + 1 :]


def change_separator(chance: random.Random, text: str) -> str:
    """One line, or all, are separated by another sign."""
    old, new = chance.sample([",", ";", "\t", "|", " "], 2)
    if chance.random() < 0.5:
        return text.replace(old, new)
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = lines[at].replace(old, new)
    return "\n".join(lines)


def flip_digit(chance: random.Random, text: str) -> str:
    """A digit becomes another sign that looks like one."""
    at = _somewhere(chance, text, "0123456789")
    return text[:at] + chance.choice("0123456789OlE-") + text[at + 1 :]


def insert_sign(chance: random.Random, text: str) -> str:
    """A sign slips in."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("\"',;.\t \n%$-+eE€:/()年\u00a0\u2028\x85") + text[at:]


def delete_signs(chance: random.Random, text: str) -> str:
    """A few signs are lost."""
    at = chance.randrange(len(text) + 1)
    return text[:at] + text[at + chance.randint(1, 4) :]


def cut_off(chance: random.Random, text: str) -> str:
    """The end is lost."""
    return text[: chance.randrange(len(text) + 1)]


def shuffle_rows(chance: random.Random, text: str) -> str:
    """The lines change places."""
    lines = text.split("\n")
    chance.shuffle(lines)
    return "\n".join(lines)


MUTATIONS: tuple[Mutation, ...] = (
    *(drop_rows, repeat_row, blank_field, swap_marks, change_separator),
    *(flip_digit, insert_sign, delete_signs, cut_off, shuffle_rows),
)
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1")


def spoilt(chance: random.Random, text: str) -> bytes:
    """The file after one to three mutations, in some encoding."""
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(MUTATIONS)(chance, text) or "\n"
    ending = chance.choice(["\n", "\n", "\r\n", "\r"])
    return text.replace("\n", ending).encode(chance.choice(ENCODINGS), errors="replace")


def _somewhere(chance: random.Random, text: str, signs: str) -> int:
    places = [at for at, sign in enumerate(text) if sign in signs]
    return chance.choice(places) if places else 0
