"""How coarsely an asset is quoted, and how often it stands still beyond that: the tick and the atom known at a day.

An asset has a tick only where its price has often not changed at all; every other is left as it is. The tick is the
largest whole part of nearly the least of the last differences of closes, of which nearly all of them are multiples;
where there is none, as of adjusted closes, that difference itself. With `q` the tick in units of the volatility known
before a day, `s T` the law of changes in that unit (T Student-t) and `a` the probability of the atom, a day has the
likelihood

    no change:      a + (1 - a) P(|s T| < q / 2)
    change of z:    (1 - a) P(z - q / 2 < s T < z + q / 2)

so that zeros which the tick explains leave `a` at 0, and halted days are found. There is an atom where the likelihood
gains by it what Schwarz asks of a parameter (1978, doi:10.1214/aos/1176344136): a small one that is not there costs
more than one that is missed. Where zeros differ between weekdays by more than twice what chance does, each has an atom
of its own, shrunk to the whole (after James and Stein 1961).

Everything is a function of what was known at the day, and runs forward only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy  # it loads what of it is asked for, when it is

from forecaster.distribution import student

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from forecaster.view.view import View

SHARE, FEWEST = 0.01, 5
"""Part of the known changes that must be zero, and how many at least, for an asset to have a tick."""

EVERY = 20
"""Sessions from one estimate of the atom to the next."""

RECENT, LEAST_MOVES = 250, 20
"""Moves that a tick is told from, at most and at least."""

SMALL = 0.01
"""The quantile of the moves that is the tick: the least but for a few. Where ticks are so fine that it is several, it
is so small against all other moves that nothing follows from it."""

PARTS, WHOLE, NEARLY = 100, 0.05, 0.95
"""Into how many parts a least move may fall; how near to a whole number a multiple is; how many moves must be one."""

ROUNDED = 3e-7
"""Part of a price that single precision rounds away: a move of less is none."""

MOST = 0.95
"""The greatest atom."""

ROUNDS = 60
"""Steps of the EM algorithm, each of which tells the atom's part of a weekday's zeros."""

FARTHEST = 30.0
"""Volatilities beyond which a change counts as this many."""

GOLDEN = (5**0.5 - 1) / 2
"""Its multiples, without their whole parts, are spread evenly however many there are."""

GAUSS = 3**-0.5
"""Half of a cell's width times this: the two places where its density is looked at."""


@dataclass(frozen=True, eq=False)
class Standing:
    """How often an asset stands still, as estimated at a session.

    Attributes:
        atoms: `(7,)` probability of the atom by weekday of the target, Monday first.
        scale: Of the law of changes in units of the volatility known before them.
        df: Its degrees of freedom.
    """

    atoms: Floats
    scale: float
    df: float

    def share(self, width: Floats, weekday: Floats) -> Floats:
        """Probability `(days,)` that days without a change are the atom's.

        Args:
            width: Of a tick `(days,)`, in units of the volatility.
            weekday: Of the day `(days,)`, Monday is 0.
        """
        atom = self.atoms[weekday.astype(int)]
        still = _still(width, self.scale, self.df)
        share: Floats = np.divide(atom, atom + (1 - atom) * still, out=np.zeros(atom.shape), where=atom > 0)
        return share


def atom_and_tick(view: View) -> tuple[float, float]:
    """Probability of the atom on a view's target, and the width of a tick as a fraction of its close; 0 for none."""
    standing = _standing(view)
    if standing is None:
        return 0.0, 0.0
    return float(standing.atoms[view.target.weekday()]), float(_quoted(view)[-1, 0])


def in_words(view: View) -> tuple[str, ...]:
    """What a reader should know of both, a sentence; nothing where the asset has none."""
    standing = _standing(view)
    if standing is None:
        return ()
    recent = _quoted(view)[-view.settings.train_window :]
    zeros, tick = recent[:, 1].mean(), 100 * recent[-1, 0]
    said = f"The close stood still on {zeros:.0%} of days, and moves in ticks of about {tick:.2g} %"
    most = standing.atoms.max()
    if not most:
        return (f"{said}, which explain that: log scores and PITs are taken over ticks.",)
    least = standing.atoms.min()
    shares = f"{least:.0%}" if f"{least:.0%}" == f"{most:.0%}" else f"{least:.0%} to {most:.0%}, by weekday,"
    atom = f"which leave {shares} of days unexplained: forecasts have that point mass at zero, such days are not learnt"
    return (f"{said}, {atom} from, and log scores and PITs are taken over ticks.",)


def moved(view: View) -> NDArray[np.bool_]:
    """Which sessions of a view `(sessions,)` are days of a market: all but those that the atom explains.

    Of the days without a change as many as the atom's part of them are left out, spread evenly over time; which ones
    changes with the estimate alone.
    """
    return view.once("moved", lambda: _moved(view))


def _moved(view: View) -> NDArray[np.bool_]:
    standing = _standing(view)
    kept = np.ones(len(view.changes), bool)
    if standing is None:
        return kept
    _, still, width, weekday, _ = _quoted(view).T
    at = np.flatnonzero(still)
    share = standing.share(width[at], weekday[at])
    kept[at] = ~(np.arange(1, at.size + 1) * GOLDEN % 1 < share)  # before a tick was known, all are kept
    return kept


def _standing(view: View) -> Standing | None:
    """The latest estimate, None where the asset has no tick."""
    count, latest = len(view.changes), view.later or view
    at = count - count % EVERY or count
    return latest.once(("standing", at), lambda: _estimate(_quoted(latest)[:at], view.settings.train_window))


def _quoted(view: View) -> Floats:
    """Columns `(sessions, 5)`, see `_columns`."""
    return view.beginning("quoted", _columns, len(view.changes))


def _columns(view: View) -> Floats:
    """Five columns by session, NaN where not known.

    The tick as a fraction of the close; whether there was no change; the tick before it in units of the volatility
    before it; the weekday; the change in that unit.
    """
    days, change = pd.DatetimeIndex(view.changes.index), view.changes["price"].to_numpy()
    closes = view.rows.set_index("session")["close"].reindex(days).to_numpy(dtype=float)
    tick = _ticks(closes)
    before, last = np.append(np.nan, view.known["volatility"].to_numpy()[:-1]), np.append(np.nan, tick[:-1])
    return np.column_stack([tick, change == 0, last / before, days.weekday, change / before])


def _ticks(closes: Floats) -> Floats:
    """Width of a tick at each close `(sessions,)`, as a fraction of it; NaN before enough moves."""
    last = pd.Series(closes).ffill().to_numpy()
    size = np.abs(closes - np.append(np.nan, closes[:-1]))
    at = np.flatnonzero(size > ROUNDED * last)
    if at.size < LEAST_MOVES:
        return np.full(closes.size, np.nan)
    found = np.full(closes.size, np.nan)
    moves = pd.Series(size[at]).rolling(RECENT, min_periods=LEAST_MOVES)
    least = moves.quantile(SMALL, interpolation="lower").to_numpy()
    starts = np.flatnonzero(np.diff(least, prepend=np.nan) != 0)  # NaN differs too
    for start, end in zip(starts, [*starts[1:], least.size], strict=True):
        if least[start] > 0:
            found[at[start:end]] = _step(size[at[max(0, start + 1 - RECENT) : start + 1]], least[start])
    return pd.Series(found).ffill().to_numpy() / last


def _step(moves: Floats, least: float) -> float:
    """The largest whole part of the least move of which nearly all moves `(moves,)` are multiples; else that move.

    The least move of a dear stock in 250 sessions may well be of several ticks.
    """
    steps = least / np.arange(1, PARTS + 1)
    counts = moves / steps[:, None]
    whole = (np.abs(counts - np.round(counts)) < WHOLE).mean(axis=1) >= NEARLY
    return float(steps[whole.argmax()]) if whole.any() else least


def _estimate(quoted: Floats, window: int) -> Standing | None:
    """From the last known days of the columns."""
    tick, still, width, weekday, z = quoted[np.isfinite(quoted).all(axis=1)][-window:].T
    zero = still.astype(bool)
    if zero.sum() < max(FEWEST, SHARE * zero.size) or (~zero).sum() < LEAST_MOVES or not tick.all():
        return None
    size = np.minimum(np.abs(z[~zero]), FARTHEST)
    cell = GAUSS / 2 * width[~zero]

    def loss(at: Floats) -> float:
        atom, scale, df = at[0], np.exp(at[1]), np.array([np.exp(at[2])])
        halves = [student.log_density(((size + side * cell) / scale)[:, None], df)[:, 0] for side in (-1, 1)]
        moves = np.logaddexp(*halves).sum() - size.size * (np.log(2 * scale) - np.log1p(-atom))
        stands = np.log(np.maximum(atom + (1 - atom) * _still(width[zero], scale, df[0]), 1e-300)).sum()
        return -float(moves + stands) / float(z.size)

    def likeliest(start: Sequence[float], most: float) -> Floats:
        bounds = [(0.0, most), (-5.0, 3.0), (np.log(2.2), np.log(60.0))]
        found: Floats = scipy.optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
        return found

    found = likeliest([min(zero.mean() / 2, MOST / 2), np.log(np.median(size)), np.log(6.0)], MOST)
    without = likeliest([0.0, *found[1:]], 0.0) if found[0] else found
    gained = z.size * (loss(without) - loss(found)) - np.log(z.size) / 2
    atom, scale, df = found if gained > 0 else without
    fitted = Standing(np.full(7, atom), float(np.exp(scale)), float(np.exp(df)))
    return _by_weekday(fitted, zero, width, weekday.astype(int))


def _by_weekday(whole: Standing, zero: Floats, width: Floats, weekday: Floats) -> Standing:
    """The same with an atom for each weekday, where they differ by more than chance."""
    days = np.bincount(weekday, minlength=7).astype(float)
    zeros, share = np.bincount(weekday[zero], minlength=7), zero.mean()
    some = days > 0
    apart = ((zeros - share * days)[some] ** 2 / (days[some] * share * (1 - share))).sum()
    differ = max(0.0, 1 - 2 * (some.sum() - 1) / apart) if apart > 0 and whole.atoms[0] > 0 else 0.0
    own = np.where(some, zeros / np.maximum(days, 1), whole.atoms)
    for _ in range(ROUNDS if differ else 0):
        explained = Standing(own, whole.scale, whole.df).share(width[zero], weekday[zero])
        counted = np.bincount(weekday[zero], explained, minlength=7) / np.maximum(days, 1)
        own = np.where(some, counted, whole.atoms)
    atoms = np.clip(whole.atoms + differ * (own - whole.atoms), 0.0, MOST)
    return Standing(atoms, whole.scale, whole.df)


def _still(width: Floats, scale: float, df: float) -> Floats:
    """Probability that a change stays within half of a tick of `width (days,)`."""
    return np.asarray(2 * scipy.special.stdtr(df, width / (2 * scale)) - 1, np.float64)
