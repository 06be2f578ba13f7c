"""The Merkle tree of RFC 6962, section 2.1, over sha256: one hash for many entries, and short proofs that one is in it.

A leaf is `sha256(0x00 | entry)` and a node `sha256(0x01 | left | right)`, so that neither can pass for the other. A
tree of n > 1 entries splits after the largest power of two below n; that of no entry is the hash of nothing. The path
of an entry are the nodes beside its way to the root, from the leaf up: about log2(n) hashes of 32 bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY = sha256().digest()
"""The root of a tree without entries."""


class Tree:
    """A tree that grows: its root at every size, with as much memory as a path needs.

    >>> tree = Tree()
    >>> for entry in (b"", bytes(1)):
    ...     tree.add(entry)
    >>> tree.size, tree.root().hex()[:16]
    (2, 'fac54203e7cc696c')
    """

    def __init__(self) -> None:
        """An empty tree."""
        self.size = 0
        self._full: list[bytes] = []  # roots of complete trees, one for each bit of the size, the largest first

    def add(self, entry: bytes) -> None:
        """Appends an entry."""
        node, bits = leaf(entry), self.size
        while bits & 1:
            node = _node(self._full.pop(), node)
            bits >>= 1
        self._full.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root over all entries so far, 32 bytes."""
        if not self._full:
            return EMPTY
        node = self._full[-1]
        for left in reversed(self._full[:-1]):
            node = _node(left, node)
        return node


def leaf(entry: bytes) -> bytes:
    """The hash of an entry, 32 bytes."""
    return sha256(b"\x00" + entry).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """The Merkle tree hash of entries, 32 bytes.

    >>> root([]) == EMPTY
    True
    """
    tree = Tree()
    for entry in entries:
        tree.add(entry)
    return tree.root()


def path(entries: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of an entry, from the leaf up.

    Args:
        entries: Of the whole tree.
        index: The entry's place, from 0.

    Raises:
        IndexError: Where there is no such entry.
    """
    if not 0 <= index < len(entries):
        raise IndexError(f"entry {index} of {len(entries)}")
    beside: list[bytes] = []
    while len(entries) > 1:
        split = 1 << ((len(entries) - 1).bit_length() - 1)
        left, right = entries[:split], entries[split:]
        if index < split:
            beside.append(root(right))
            entries = left
        else:
            beside.append(root(left))
            entries, index = right, index - split
    return beside[::-1]


def implied(entry: bytes, index: int, size: int, beside: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from an entry; None where the path does not fit a tree of that size.

    An entry is in a tree if this is the tree's root (RFC 9162, section 2.1.3.2).

    Args:
        entry: Whose place is to be proved.
        index: Its place, from 0.
        size: Entries of the tree.
        beside: Its audit path, from the leaf up, 32 bytes each.
    """
    if not 0 <= index < size:
        return None
    node, at, last = leaf(entry), index, size - 1
    for other in beside:
        if last == 0:
            return None
        if at & 1 or at == last:
            node = _node(other, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = _node(node, other)
        at, last = at >> 1, last >> 1
    return node if last == 0 else None


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
