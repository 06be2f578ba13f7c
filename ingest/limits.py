"""What asking a provider may cost, and when it is asked once more."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from ingest.errors import ProviderDownError, RateLimitedError, TimedOutError

Result = TypeVar("Result")
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Limits:
    """What a request may cost.

    Attributes:
        connect: Seconds until the connection stands.
        read: Seconds of silence.
        deadline: Seconds for one attempt, from the first byte sent to the last received.
        max_bytes: Of an answer's body, decompressed.
        attempts: In all.
        redirects: Followed in one attempt.
        wait: Shortest and longest wait before another attempt, seconds, where the provider does not
            ask for one.
        patience: Longest wait that a provider may ask for, seconds; beyond it the attempt is not repeated.
    """

    connect: float = 10.0
    read: float = 20.0
    deadline: float = 60.0
    max_bytes: int = 32 * 2**20
    attempts: int = 2
    redirects: int = 3
    wait: tuple[float, float] = (15.0, 45.0)
    patience: float = 900.0


def patiently(ask: Callable[[], Result], limits: Limits, sleep: Sleep) -> Result:
    """What `ask` returns, asked again after a wait where that may help.

    Another attempt may help after a rate limit, a timeout and a fault of the provider. A provider
    that asks for more than `limits.patience` seconds is not asked again.

    >>> patiently(lambda: "rows", Limits(), sleep=print)
    'rows'
    """

    def may_help(fault: BaseException) -> bool:
        if isinstance(fault, RateLimitedError):
            return (fault.retry_after or 0.0) <= limits.patience
        return isinstance(fault, (TimedOutError, ProviderDownError))

    def wait(state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        asked = getattr(fault, "retry_after", None)
        shortest, longest = limits.wait
        if asked is not None:
            return float(asked) + random.uniform(0.0, min(shortest / 5, 0.1 + asked / 4))  # noqa: S311  # no secret depends on it
        return random.uniform(shortest, longest)  # noqa: S311  # the same

    retrying = Retrying(
        stop=stop_after_attempt(limits.attempts),
        wait=wait,
        retry=retry_if_exception(may_help),
        sleep=sleep,
        reraise=True,
    )
    return retrying(ask)
