"""Processes that train, each of which can be stopped: a model that hangs or eats memory takes no other with it.

A process is started when there is work for it, and asked for one thing at a time. Where it takes too long or too much,
or dies, the fits of that request are asked for one by one, so that the fault is of its own fit. A model that is stopped
`STRIKES` times then is given up: it is not asked again.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Self

import psutil

from forecaster import models
from forecaster.contract import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.compute import Compute
    from forecaster.contract import Fitted
    from forecaster.issuing.fitting import Request

PAYS = 32
"""Fits that are worth the start of one more process."""
STRIKES = 2
"""Fits of one model, asked for alone, that are stopped before it is given up."""
STOPPED = "was stopped"
"""What is said of a model then."""
LOOK = 0.1
"""Seconds between two looks at a process that trains."""


class Fitters:
    """Processes that answer requests, for the time of a `with` block.

    Args:
        limits: How many they may be, and what each may take.
    """

    def __init__(self, limits: Compute) -> None:
        """Nothing is started yet; see the class."""
        self._limits = limits
        self._most = limits.workers or os.cpu_count() or 1
        self._idle: list[_Process] = []
        self._all: list[_Process] = []
        self._given_up: dict[str, str] = {}
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self) -> Self:
        """See the class."""
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the processes, whatever they are at."""
        self._over = True
        for process in self._all:
            process.end()

    def __call__(self, requests: Sequence[Request]) -> Sequence[tuple[Fitted | Failed, ...]]:
        """Answers requests, some side by side; one result a fit, in order."""
        paying = sum(len(request.seeds) for request in requests) // PAYS
        threads = ThreadPoolExecutor(max(1, min(self._most, paying, len(requests))))
        try:
            return list(threads.map(self._answered, requests))
        except BaseException:
            self.__exit__()  # nobody waits for what they are at
            raise
        finally:
            threads.shutdown(cancel_futures=True)

    def _answered(self, request: Request) -> tuple[Fitted | Failed, ...]:
        """All fits of a request at once; where that is stopped, each alone."""
        try:
            return self._asked(request)
        except _StoppedError as fault:
            if len(request.seeds) == 1:
                return (_stopped(str(fault)),)
        found: list[Fitted | Failed] = []
        strikes = 0
        for place in range(len(request.seeds)):
            (one,) = self._answered(request.only(place))
            strikes += isinstance(one, Failed) and one.stopped
            found.append(one)
            if isinstance(one, Failed) and strikes == STRIKES:
                self._given_up[request.model] = one.reason
        return tuple(found)

    def _asked(self, request: Request) -> tuple[Fitted | Failed, ...]:
        """What a process answers.

        Raises:
            _StoppedError: Where it was stopped, or died.
        """
        why = "nobody waits for it" if self._over else self._given_up.get(request.model)
        if why is not None:
            return tuple(_stopped(why) for _ in request.seeds)
        with self._process() as process:
            return process.ask(request, self._limits)

    @contextmanager
    def _process(self) -> Iterator[_Process]:
        """A process that is not at work."""
        with self._lock:
            process = self._idle.pop() if self._idle else _Process()
            if process not in self._all:
                self._all.append(process)
        try:
            yield process
        finally:
            with self._lock:
                self._idle.append(process)


class _StoppedError(Exception):
    """A process gave no answer: why, in words."""


class _Process:
    """One process; it is started when it is asked for something, and again after an end."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[bytes] | None = None

    def ask(self, request: Request, limits: Compute) -> tuple[Fitted | Failed, ...]:
        """Hands a request over and waits for the answer.

        Raises:
            _StoppedError: Where it takes more than it may, or dies.
        """
        running, why = self._started(), list[str]()
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(running, limits, done, why), daemon=True)
        watcher.start()
        try:
            assert running.stdin is not None and running.stdout is not None  # noqa: S101, PT018  # pipes were asked for
            pickle.dump(request, running.stdin, pickle.HIGHEST_PROTOCOL)
            running.stdin.flush()
            return tuple(pickle.load(running.stdout))  # noqa: S301  # of our own child
        except (EOFError, OSError, pickle.UnpicklingError) as fault:
            self.end()
            told = why[0] if why else f"its process exited unexpectedly (code {running.returncode})"
            raise _StoppedError(f"{request.model} {STOPPED}: {told}") from fault
        finally:
            done.set()
            watcher.join()
            if why:
                self.end()

    def end(self) -> None:
        """Ends the process, if there is one."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.wait()
            for pipe in (running.stdin, running.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]  # pipes were asked for

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is not None and self._running.poll() is not None:
            self.end()
        if self._running is None:
            # It knows the same modules and the same forecasters, and takes one thread: others work beside it.
            places = os.pathsep.join(place for place in sys.path if place)
            self._running = subprocess.Popen(  # noqa: S603  # this program
                [sys.executable, "-W", "ignore", "-m", "forecaster.issuing.fitter", *models.__path__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": places, "OMP_NUM_THREADS": "1"},
            )
            assert self._running.stdout is not None  # noqa: S101  # a pipe was asked for
            self._running.stdout.read(1)  # it is ready, or ended
        return self._running


def _watch(running: subprocess.Popen[bytes], limits: Compute, done: threading.Event, why: list[str]) -> None:
    """Ends a process that takes more than it may, and says what that was."""
    until = monotonic() + limits.limit_seconds
    with suppress(psutil.Error):
        process = psutil.Process(running.pid)
        while not done.wait(LOOK):
            if monotonic() > until:
                why.append(f"it took more than {limits.limit_seconds:g} seconds (compute.limit_seconds)")
            elif process.memory_info().rss > limits.limit_mb * 2**20:
                why.append(f"it took more than {limits.limit_mb} MiB (compute.limit_mb)")
            if why:
                running.kill()
                return


def _stopped(why: str) -> Failed:
    return Failed(why, raised=True, stopped=True)
