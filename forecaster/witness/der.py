"""The elements of a DER text, where each begins and ends: what the libraries do not tell of a time stamp.

Only what ITU-T X.690 allows in DER is taken: tags of one byte, lengths that are definite and as short as can be.
"""

from __future__ import annotations

from typing import NamedTuple

BOOLEAN, INTEGER, OCTETS, OID, TEXT, TIME, SEQUENCE, SET = 0x01, 0x02, 0x04, 0x06, 0x0C, 0x18, 0x30, 0x31
_LONG = 0x80
_MANY = 0x1F
_WIDEST = 4
"""Bytes of a length; what is longer than four gigabytes is none of ours."""


class Element(NamedTuple):
    """An element of a DER text.

    Attributes:
        tag: Its first byte.
        start: Where it begins.
        inner: Where its content begins.
        end: Where it ends.
    """

    tag: int
    start: int
    inner: int
    end: int


def element(der: bytes, at: int = 0, end: int | None = None) -> Element:
    """The element that begins at a place.

    Raises:
        ValueError: There is none, or it goes beyond the end.
    """
    end = len(der) if end is None else end
    if end - at < 2 or der[at] & _MANY == _MANY:  # noqa: PLR2004  # a tag and a length
        raise ValueError("cut off, or a tag of more bytes")
    length, inner = der[at + 1], at + 2
    if length >= _LONG:
        width = length - _LONG
        inner += width
        if not 0 < width <= _WIDEST or inner > end:
            raise ValueError("a length that DER does not have")
        length = int.from_bytes(der[at + 2 : inner])
        if length < _LONG or length >> 8 * (width - 1) == 0:
            raise ValueError("a length that is not as short as can be")
    if inner + length > end:
        raise ValueError("cut off")
    return Element(der[at], at, inner, inner + length)


def inside(der: bytes, outer: Element) -> list[Element]:
    """The elements that a constructed one consists of.

    Raises:
        ValueError: Its content is not whole elements.
    """
    found, at = [], outer.inner
    while at < outer.end:
        found.append(element(der, at, outer.end))
        at = found[-1].end
    return found


def whole(der: bytes, one: Element) -> bytes:
    """The bytes of an element, its tag and length among them."""
    return der[one.start : one.end]


def content(der: bytes, one: Element, tag: int) -> bytes:
    """What is in an element of a kind.

    Raises:
        ValueError: It is of another kind.
    """
    if one.tag != tag:
        raise ValueError(f"tag {one.tag:#x} in place of {tag:#x}")
    return der[one.inner : one.end]
