"""The session that yfinance sends through: its requests obey our limits, and their faults are ours.

yfinance hides much of what goes wrong, asks again with other cookies where that cannot help (seven
requests under one rate limit), and says "possibly delisted" of most faults. Yahoo lets in only clients that look
like a browser, which curl_cffi does and httpx does not. So yfinance keeps its own way to the network, a
session of curl_cffi, and this one watches it: total deadline, byte cap after decompression, redirects
within yahoo.com alone, and the first fault of a chart remembered, whatever yfinance makes of it.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Literal

import httpx
from curl_cffi import requests
from curl_cffi.curl import CURL_WRITEFUNC_ERROR

from ingest.answers import (
    REDIRECTS,
    TOO_MANY,
    as_json,
    asked_wait,
    down,
    format_of,
    rate_limited,
    refuse_elsewhere,
    refuse_status,
    timed_out,
    told,
    too_large,
)
from ingest.errors import (
    AccessRefusedError,
    BadPayloadError,
    IngestError,
    NoDataError,
    RedirectRefusedError,
    UnknownSymbolError,
)
from ingest.limits import Limits

DOMAIN = "yahoo.com"
CHART = "/v8/finance/chart/"
UNKNOWN = 'map it with [data.renamed] OLD = "NEW", or stop it with data.stopped, in forecaster.toml'
"""What to do about a symbol that Yahoo no longer has."""
Method = Literal["GET", "POST"]
_REFUSED = frozenset({401, 403})


class YahooSession(requests.Session[requests.Response]):
    """Sends what yfinance asks for.

    Args:
        base: Where to send it instead of Yahoo's hosts: a proxy of the user's, or a test's server.
        limits: What a request may cost.
        wall: The present time, seconds since 1970.

    Attributes:
        fault: The first fault since `begin`.
        document: The last chart that came.
        has_days: Whether days were asked for with it, and not only words about the symbol.
        payload: The sha256 of that chart's bytes, decompressed, hex; empty where none came.
    """

    def __init__(self, base: str, limits: Limits, wall: Callable[[], float]) -> None:
        """Opens it; see the class."""
        super().__init__(impersonate="chrome")
        self._base = httpx.URL(base) if base else None
        self._limits, self._wall = limits, wall
        self.begin("yahoo")

    def begin(self, where: str) -> None:
        """Forgets the last faults; the next are told of `where`, provider and symbol."""
        self._where = where
        self._refusals = 0
        self.fault: IngestError | None = None
        self.document: Any = None
        self.has_days = False
        self.payload = ""

    def request(  # type: ignore[override]  # curl_cffi's 30 arguments pass through
        self,
        method: Method,
        url: str,
        **options: Any,  # noqa: ANN401  # the same
    ) -> requests.Response:
        """One request of yfinance, with its redirects.

        Raises:
            IngestError: What went wrong, remembered too, since yfinance may swallow it.
        """
        try:
            return self._followed(method, httpx.URL(url), options)
        except IngestError as ours:
            self.fault = self.fault or ours
            raise
        except requests.exceptions.RequestException as foreign:
            if CHART not in url:
                raise  # yfinance does without its cookies
            late = isinstance(foreign, requests.exceptions.Timeout)
            fault: IngestError = down(self._where, type(foreign).__name__)
            if late:
                fault = timed_out(self._where, self._limits)
        self.fault = self.fault or fault
        raise fault

    def _followed(self, method: Method, url: httpx.URL, options: dict[str, Any]) -> requests.Response:
        place = self._placed(url)
        for _ in range(self._limits.redirects + 1):
            response = self._once(method, str(place), options)
            location = response.headers.get("location")
            if response.status_code not in REDIRECTS or not location:
                self._judge(url.path, response, options.get("params") or {})
                return response
            target = place.join(location)
            refuse_elsewhere(place, target, self._where, "" if self._base else DOMAIN)
            place, options = target, {**options, "params": None}
        raise RedirectRefusedError(
            f"{self._where}: it redirects more than {self._limits.redirects} times: try again later"
        )

    def _placed(self, url: httpx.URL) -> httpx.URL:
        if not self._base:
            return url
        return self._base.copy_with(raw_path=url.raw_path)

    def _once(self, method: Method, url: str, options: dict[str, Any]) -> requests.Response:
        limits, body, full = self._limits, bytearray(), False

        def take(piece: bytes) -> int:
            nonlocal full
            full = len(body) + len(piece) > limits.max_bytes
            if full:
                return int(CURL_WRITEFUNC_ERROR)
            body.extend(piece)
            return len(piece)

        wanted = {
            "timeout": (limits.connect, limits.deadline - limits.connect),
            "allow_redirects": False,
            "content_callback": take,
        }
        try:
            response = super().request(method, url, **{**options, **wanted})
        except requests.exceptions.RequestException:
            if full:
                raise too_large(self._where, limits.max_bytes) from None
            raise
        response.content = bytes(body)
        return response

    def _judge(self, path: str, response: requests.Response, params: dict[str, Any]) -> None:
        status = response.status_code
        headers = {name.lower(): value or "" for name, value in response.headers.items()}
        if status == TOO_MANY:
            raise rate_limited(self._where, asked_wait(headers, self._wall()))
        if CHART not in path:
            return
        if status in _REFUSED:
            self._refusals += 1
            if self._refusals > 1:  # the first may be for want of a cookie, which yfinance then fetches
                raise AccessRefusedError(
                    f"{self._where}: Yahoo refuses access (status {status}): try again later, or from another network"
                )
            return
        if status not in {200, 400, 404, 422}:
            refuse_status(status, headers, self._where, self._wall())
        if not response.content:
            raise BadPayloadError(f"{self._where}: an empty answer: try again later")
        self.document = as_json(response.content, self._where)
        self.payload = sha256(response.content).hexdigest()
        self.has_days = "period1" in params
        with format_of(self._where):
            self._look()

    def _look(self) -> None:
        """The chart's own word of what is wrong, and whether it is the chart that was asked for."""
        chart = self.document["chart"]
        if chart.get("error"):
            reason = told(chart["error"].get("description", "no reason"), 120)
            if chart["error"].get("code") == "Not Found":
                raise UnknownSymbolError(
                    f"{self._where}: Yahoo does not know it ({reason}): check the symbol on finance.yahoo.com; it may "
                    f"have been renamed or delisted: {UNKNOWN}"
                )
            raise NoDataError(f"{self._where}: Yahoo has nothing for these days ({reason}): ask for others")
        (result,) = chart["result"]
        meta = result["meta"]
        wanted = self._where.rpartition(" ")[2].upper()
        if meta["symbol"].upper() != wanted:
            raise UnknownSymbolError(
                f"{self._where}: Yahoo answers with {told(meta['symbol'], 32)}: the symbol was renamed; use the new "
                f"one: {UNKNOWN}"
            )
        if self.has_days and not result.get("timestamp"):
            raise NoDataError(f"{self._where}: Yahoo has no row for these days: ask for others")
