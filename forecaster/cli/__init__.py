"""The command line: arguments in, exit codes out. One file a command group; each adds itself to `app`.

Exit codes: 0 done; 1 failed, with one plain line; 2 wrong usage; 3 done in part, with what was withheld.
"""

from __future__ import annotations

import logging
import sys
import warnings
from importlib import import_module
from pkgutil import iter_modules

from forecaster.cli.frame import app, state
from forecaster.errors import ForecasterError
from ingest.errors import IngestError
from reports.errors import ReportError

GLOBAL_WITH_VALUE = "--home"
GLOBAL_FLAGS = ("--debug",)


def main(arguments: list[str] | None = None) -> None:
    """The `forecaster` command."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    given = globals_first(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            app(given, prog_name="forecaster")
    except (ForecasterError, IngestError, ReportError) as fault:
        if state.debug:
            raise
        print(f"forecaster: {fault}", file=sys.stderr)  # noqa: T201  # the one plain line
        sys.exit(1)


def globals_first(arguments: list[str]) -> list[str]:
    """Puts `--home DIR` and `--debug` before the command, so that users may write them anywhere.

    >>> globals_first(["run", "--home", "h", "--as-of", "2018-01-20"])
    ['--home', 'h', 'run', '--as-of', '2018-01-20']
    """
    first, rest = [], []
    words = iter(arguments)
    for word in words:
        if word == GLOBAL_WITH_VALUE:
            first += [word, *(value for value in [next(words, None)] if value is not None)]
        elif word in GLOBAL_FLAGS or word.startswith(f"{GLOBAL_WITH_VALUE}="):
            first.append(word)
        else:
            rest.append(word)
    return first + rest
