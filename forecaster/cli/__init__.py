"""The command line: arguments in, exit codes out. One file a command group; each adds itself to `app`.

Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done in part, with what was withheld; 130 interrupted. Whatever fails
says so in one plain line on standard error; `--debug` shows the traceback too.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import warnings
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import typer

from forecaster.cli.frame import INTERRUPTED, WRONG_USAGE, app, state
from forecaster.errors import ForecasterError
from forecaster.privacy import UMASK
from ingest.errors import IngestError
from reports.errors import ReportError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from forecaster.records.chain import Break

GLOBAL_WITH_VALUE = "--home"
LOOKED_AT = 2_000
"""Forecasts up to which an internal error has the record looked through: some ten seconds."""
GLOBAL_FLAGS = ("--debug",)


def main(arguments: list[str] | None = None) -> None:
    """The `forecaster` command."""
    # Imports make objects that stay: looking for garbage among them, now and at the end, takes a fifth of a command.
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("forecaster").setLevel(logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    state.umask = os.umask(UMASK)  # what a home holds is its owner's alone
    try:
        code = _exit_code(globals_first(sys.argv[1:] if arguments is None else arguments))
    finally:
        os.umask(state.umask)
    sys.exit(code)


def _exit_code(arguments: list[str]) -> int:
    state.debug = "--debug" in arguments
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = int(app(arguments, prog_name="forecaster", standalone_mode=False) or 0)
    except typer.TyperException as fault:
        return _wrong_usage(fault)
    except (ForecasterError, IngestError, ReportError) as fault:  # a page cannot be set of whatever was put in a row
        if state.debug:
            raise
        _complain((isinstance(fault, ReportError) and _broken()) or str(fault))
        return 1
    except Exception as fault:
        if state.debug:
            raise
        if broken := _broken():
            _complain(broken)
            return 1
        said = " ".join(str(fault).split())
        _complain(f"an internal error ({type(fault).__name__}: {said}): run it again with --debug and report it")
        return 1
    if code == INTERRUPTED:
        _complain("interrupted; everything recorded so far is kept")
    return code


def _broken() -> str:
    """The first row of the record that does not hold, which a command may have stumbled over; empty where all do."""
    from forecaster.records.door import open_record
    from forecaster.records.whole import first_break

    try:
        engine = open_record(state.home)
        found = first_break(engine) or _odd_row(engine)
    except Exception:  # a record that cannot even be looked through must not hide the fault, which is told instead
        return ""
    return found.told if found else ""


def _odd_row(engine: Engine) -> Break | None:
    """The first row whose hash holds and whose content does not, as `ledger verify --deep` finds it.

    Nobody waits for minutes to be told of an internal error: in a long record it is not looked for.
    """
    from forecaster.records.chain import Break
    from forecaster.records.deep.look import look
    from forecaster.records.reading import state as now

    upto = now(engine)
    if upto["forecast"] > LOOKED_AT:
        return None
    return next((one for one in look(engine, upto) if isinstance(one, Break)), None)


def _complain(line: str) -> None:
    shown = "".join(sign if sign.isprintable() else "?" for sign in " ".join(line.split()))
    print(f"forecaster: {shown}", file=sys.stderr)  # noqa: T201  # the one plain line


def _wrong_usage(fault: typer.TyperException) -> int:
    """Says what is wrong with the arguments; nothing where the help itself was shown for want of any."""
    said = getattr(fault, "format_message", fault.__str__)().rstrip(".")
    context = getattr(fault, "ctx", None)
    if said:
        _complain(f"{said}; `{context.command_path if context else 'forecaster'} --help` lists the options")
    return WRONG_USAGE


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
