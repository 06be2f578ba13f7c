"""The command line as documented pages should find it."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
import typer
from typer.main import get_command

from forecaster import cli


@pytest.fixture(scope="session")
def program() -> typer.core.TyperGroup:
    """The whole `forecaster` command, every file of its folder imported."""
    for module in iter_modules(cli.__path__):
        import_module(f"{cli.__name__}.{module.name}")
    return get_command(cli.app)
