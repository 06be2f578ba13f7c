"""The Merkle tree of RFC 6962: known roots, the definition word for word, paths that prove one entry and no other."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecaster.witness import merkle

ENTRIES = [bytes.fromhex(entry) for entry in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0 to 8 entries, as logs of Certificate Transparency publish them."""


def defined(entries: list[bytes]) -> bytes:
    """MTH as section 2.1 defines it."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = max(2**n for n in range(20) if 2**n < len(entries))
    return sha256(b"\x01" + defined(entries[:k]) + defined(entries[k:])).digest()


def defined_path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH as section 2.1.1 defines it."""
    if len(entries) == 1:
        return []
    k = max(2**n for n in range(20) if 2**n < len(entries))
    if m < k:
        return [*defined_path(m, entries[:k]), defined(entries[k:])]
    return [*defined_path(m - k, entries[k:]), defined(entries[:k])]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size: int) -> None:
    assert merkle.root(ENTRIES[:size]).hex() == defined(ENTRIES[:size]).hex() == ROOTS[size]


def test_the_path_of_the_rfc_in_words() -> None:
    """Section 2.1.3: of seven entries the path of d0 is [b, h, l], that of d3 [c, g, l], that of d6 [i, k]."""
    d = ENTRIES[:7]
    a, b, c, e, f, i = (merkle.leaf(d[n]) for n in (0, 1, 2, 4, 5, 3))
    g, h, low = (sha256(b"\x01" + left + right).digest() for left, right in ((a, b), (c, i), (e, f)))
    j = merkle.leaf(d[6])
    k = sha256(b"\x01" + g + h).digest()
    right = sha256(b"\x01" + low + j).digest()
    assert merkle.path(d, 0) == [b, h, right]
    assert merkle.path(d, 3) == [c, g, right]
    assert merkle.path(d, 4) == [f, j, k]
    assert merkle.path(d, 6) == [low, k]


@given(size=st.integers(1, 70), seed=st.integers(0, 2**32))
def test_roots_and_paths_are_those_of_the_definition(size: int, seed: int) -> None:
    entries = [f"{seed}/{n}".encode() for n in range(size)]
    tree = merkle.Tree()
    for n, entry in enumerate(entries):
        tree.add(entry)
        assert tree.root() == defined(entries[: n + 1])
    for n, entry in enumerate(entries):
        path = merkle.path(entries, n)
        assert path == defined_path(n, entries)
        assert merkle.implied(entry, n, size, path) == tree.root()


@given(size=st.integers(1, 40), data=st.data())
def test_a_path_proves_its_own_entry_at_its_own_place_alone(size: int, data: st.DataObject) -> None:
    entries = [f"{n}".encode() for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path, root = merkle.path(entries, index), merkle.root(entries)
    assert merkle.implied(b"another", index, size, path) != root
    for other in range(-1, size + 2):
        if other != index:
            assert merkle.implied(entries[index], other, size, path) != root
    assert merkle.implied(entries[index], index, size, [*path, root]) != root
    for at, node in enumerate(path):
        assert merkle.implied(entries[index], index, size, [*path[:at], *path[at + 1 :]]) != root
        flipped = bytes([node[0] ^ 1]) + node[1:]
        assert merkle.implied(entries[index], index, size, [*path[:at], flipped, *path[at + 1 :]]) != root


def test_a_node_does_not_pass_for_an_entry() -> None:
    """Without the prefixes a tree of two entries would have the root of a tree of one: their hashes side by side."""
    both = b"".join(map(merkle.leaf, ENTRIES[:2]))
    assert merkle.root([both]) != merkle.root(ENTRIES[:2])


@pytest.mark.parametrize("index", [-1, 3])
def test_no_path_for_what_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        merkle.path(ENTRIES[:3], index)
