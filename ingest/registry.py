"""A folder that is a registry: one file per entry, its name is its id, its docstring's first line says what it is.

What a file declares can be read without importing it, so that a list of all of them loads no provider's library.
"""

from __future__ import annotations

import ast
import pkgutil
import sys
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ingest.errors import RegistryFileError, UnknownSourceError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.abc import InspectLoader
    from types import ModuleType


@dataclass(frozen=True)
class Declared:
    """What a file says of itself.

    Attributes:
        summary: First line of its docstring.
        constants: Its plain constants, such as `FETCHED = True`, by name.
    """

    summary: str
    constants: Mapping[str, object]


def names(package: str) -> tuple[str, ...]:
    """The ids of all files of a registry, sorted.

    Args:
        package: The registry's full name, such as `ingest.sources`.
    """
    return tuple(sorted(found.name for found in pkgutil.iter_modules(sys.modules[package].__path__)))


def add_folder(package: str, folder: str | Path) -> None:
    """Makes the files of a user's own folder entries of a registry, next to its own, while this process runs.

    Args:
        package: The registry's full name.
        folder: With a file for each entry.

    Raises:
        RegistryFileError: Where it is not a folder, or one of its files has the name of an entry that exists.
    """
    place, known = Path(folder).resolve(), sys.modules[package].__path__
    if not place.is_dir():
        raise RegistryFileError(f"{place} is not a folder: name the one that holds your files")
    if str(place) in known:
        return
    taken = sorted({found.name for found in pkgutil.iter_modules([str(place)])} & set(names(package)))
    if taken:
        raise RegistryFileError(f"{place / taken[0]}.py has the name of an entry of {package}: rename your file")
    known.append(str(place))
    invalidate_caches()


def load(package: str, name: str, what: str) -> ModuleType:
    """The module of an id.

    Args:
        package: The registry's full name.
        name: The id.
        what: What the registry holds, for the message.

    Raises:
        UnknownSourceError: With the nearest ids, where there is none.
    """
    if name not in names(package):
        raise UnknownSourceError(f"{what} {name!r} is not known: {nearest(name, names(package))}")
    return imported(f"{package}.{name}")


def imported(place: str) -> ModuleType:
    """The module of a file of a registry.

    Raises:
        RegistryFileError: Where the file cannot be imported, with its path and why.
    """
    try:
        return import_module(place)
    except Exception as fault:  # whatever a user's file raises
        raise _unusable(place, fault) from fault


def _unusable(place: str, fault: Exception) -> RegistryFileError:
    spec = find_spec(place)
    said = f"{type(fault).__name__}: {' '.join(str(fault).split())}"
    return RegistryFileError(
        f"{spec.origin if spec else place} cannot be used ({said}): fix it, or remove it from its folder"
    )


def declared(package: str, name: str) -> Declared:
    """What a file says of itself, read and not run.

    Args:
        package: The registry's full name.
        name: An id of it.

    Raises:
        RegistryFileError: Where the file is no Python.

    >>> declared("ingest.sources", "csv_file").constants["FETCHED"]
    False
    """
    place = f"{package}.{name}"
    spec = find_spec(place)
    if spec is None:
        raise UnknownSourceError(f"{place} is not known: {nearest(name, names(package))}")
    try:
        tree = ast.parse(cast("InspectLoader", spec.loader).get_source(place) or "")
    except (SyntaxError, ValueError, ImportError) as fault:  # no Python, or no text
        raise _unusable(place, fault) from fault
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    return Declared((ast.get_docstring(tree) or name).splitlines()[0], constants)
