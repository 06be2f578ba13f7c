"""A process that trains what it is asked for, until its standard input ends: `python -m forecaster.issuing.fitter`.

Requests come, and answers go, as pickles between a process and its own child; nothing of them is ever on disk.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from dataclasses import replace
from time import sleep

from forecaster import models
from forecaster.contract import Failed, Fitted
from forecaster.issuing.fitting import answer

READY = b"\n"
"""What it says first: from then on its time counts."""
HEARTBEAT = 1.0
"""Seconds between two looks at whether the process that asks is still there."""


def main() -> None:
    """Answers one request after the other; arguments are further folders of forecasters."""
    for asked in (signal.SIGINT, signal.SIGTERM):  # they may reach a whole group: the process that asks ends the rest
        signal.signal(asked, signal.SIG_IGN)
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a model prints is no answer
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    models.__path__.extend(place for place in sys.argv[1:] if place not in models.__path__)
    told.write(READY)
    told.flush()
    while True:
        try:
            request = pickle.load(sys.stdin.buffer)  # noqa: S301  # of the process that started this one
        except EOFError:
            return
        told.write(_told(request.model, [_forecasting(one) for one in answer(request)]))
        told.flush()


def _told(model: str, fits: list[Fitted | Failed]) -> bytes:
    """The answer; that it cannot be handed over is the forecaster's fault, and an answer too."""
    try:
        return pickle.dumps(fits, pickle.HIGHEST_PROTOCOL)
    except Exception as fault:  # whatever an object raises
        said = " ".join(str(fault).split())
        why = f"{model}: its fit cannot be handed to another process ({said}): make `predict` a module-level function"
        return pickle.dumps([Failed(why, raised=True)] * len(fits))


def _forecasting(fit: Fitted | Failed) -> Fitted | Failed:
    """What a forecast is made of: the posterior by name and the way to NUTS carry all rows, and no forecast asks.

    Nor does one ask for the layers of a network.
    """
    return replace(fit, posterior={}, layers={}, nuts=None) if isinstance(fit, Fitted) else fit


def _end_with(parent: int) -> None:
    """Ends this process once the one that asks is gone, whatever a model is at."""
    while os.getppid() == parent:
        sleep(HEARTBEAT)
    os._exit(1)


if __name__ == "__main__":
    main()
