"""Interleaving: two rankings in one list, and whose items are chosen more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlsys.errors import ConfigurationError, DataError, listed
from mlsys.evaluation.production.reading import Values, check_between, check_frame, names_of, numbers_of, row_named
from mlsys.evaluation.production.result import IntervalResult, p_in_words
from mlsys.evaluation.production.sequences import share_evidence, share_interval_at_all_looks
from mlsys.pages import Lines, Page, Table, Title, Tone, Verdict, drawing, filled, interval, number
from mlsys.steps import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ARMS = ("champion", "challenger")
_TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "waits": "watch"}
EVEN = 0.5


@dataclass(frozen=True)
class Interleaved:
    """A list made of two rankings.

    Parameters
    ----------
    items : tuple
        To be shown, the first at the top.
    teams : tuple of str
        Which ranking put each item there.
    arms : tuple of str
        Names of both rankings.

    Examples
    --------
    >>> shown = Interleaved(("c", "a"), ("challenger", "champion"))
    >>> shown.credit(["a"])
    {'champion': 1, 'challenger': 0}
    """

    items: tuple[Any, ...]
    teams: tuple[str, ...]
    arms: tuple[str, str] = _ARMS

    def credit(self, chosen: Iterable[Any]) -> dict[str, int]:
        """Return how many of the chosen items (clicked, bought) each ranking had put there.

        Raises
        ------
        DataError
            If an item was not shown.
        """
        places = {item: team for item, team in zip(self.items, self.teams, strict=True)}
        found = dict.fromkeys(self.arms, 0)
        for item in dict.fromkeys(chosen):
            if item not in places:
                raise DataError(
                    f"Interleaved.credit: {item!r} was not shown",
                    "give items of this list, .items; keep one for each query",
                )
            found[places[item]] += 1
        return found


def interleave(
    first: Sequence[Any],
    second: Sequence[Any],
    *,
    length: int | None = None,
    seed: int = 0,
    arms: tuple[str, str] = _ARMS,
) -> Interleaved:
    """Make one list of two rankings of the same query, by team draft.

    Parameters
    ----------
    first, second : sequence
        Items as the champion and the challenger rank them, best first.
    length : int, optional
        Items to show; by default as many as the longer ranking has.
    seed : int
        Of the draws; give another one for each query, such as its number.
    arms : tuple of str
        Names of both.

    Returns
    -------
    Interleaved
        ``items`` to be shown, and ``credit(chosen)``.

    Raises
    ------
    DataError
        If a ranking names an item twice, or both are empty.

    Notes
    -----
    As teams are picked for a game (Radlinski, Kurup and Joachims 2008): in each round, chance says who picks first, and
    each picks its best item that is not on the list yet. Both rankings have the same chance of every place, so that
    choices at random prefer neither.

    Examples
    --------
    >>> shown = interleave(["a", "b", "c"], ["c", "a", "d"], seed=3)
    >>> shown.items, shown.teams
    (('c', 'a', 'd'), ('challenger', 'champion', 'challenger'))
    >>> shown.credit(["c"])
    {'champion': 0, 'challenger': 1}
    """
    who = "interleave"
    names = names_of(who, arms, 2, 2)
    rankings = [_ranking(each, name, who) for each, name in zip((first, second), names, strict=True)]
    if length is not None and (isinstance(length, bool) or not isinstance(length, int) or length < 1):
        raise ConfigurationError(f"{who}: length={length!r}", "give a number of items, 1 or more")
    if not rankings[0] and not rankings[1]:
        raise DataError(f"{who}: both rankings are empty", "leave queries without items out")
    most = max(map(len, rankings)) if length is None else length
    rng, items, teams = np.random.default_rng(seed), dict[Any, None](), list[str]()
    while len(items) < most and any(item not in items for each in rankings for item in each):
        begins = int(rng.random() < EVEN)
        for team in (begins, 1 - begins):
            best = next((item for item in rankings[team] if item not in items), None)
            if best is not None and len(items) < most:
                items[best] = None
                teams.append(names[team])
    return Interleaved(tuple(items), tuple(teams), (names[0], names[1]))


def _ranking(given: Any, name: str, who: str) -> list[Any]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise DataError(f"{who}: the ranking of {name!r} is {type(given).__name__}", "give a list of items, best first")
    items = list(given)
    twice = [item for place, item in enumerate(items) if item in items[:place]]
    if twice:
        raise DataError(f"{who}: the ranking of {name!r} holds {twice[0]!r} twice", "rank each item once")
    if any(item is None for item in items):
        raise DataError(f"{who}: the ranking of {name!r} holds None", "leave places without an item out")
    return items


@dataclass(frozen=True, repr=False)
class Preference(IntervalResult):
    """Result of :func:`~mlsys.compare_rankings`: ``table`` has the queries that each ranking won, and ties.

    Examples
    --------
    >>> from mlsys import compare_rankings
    >>> credits = pd.DataFrame({"champion": [0] * 30 + [1] * 10, "challenger": [1] * 30 + [0] * 10})
    >>> found = compare_rankings(credits)
    >>> found.share, found.verdict
    (0.75, 'better')
    """

    @property
    def share(self) -> float:
        """Share of decided queries that the challenger won; 0.5 is no preference."""
        return self.scalars["share"]

    @property
    def p(self) -> float:
        """The p-value of no preference, at all looks together."""
        return self.scalars["p"]

    def _page(self) -> Page:
        known = f"; {p_in_words(self.p)}"
        lines = [
            ("challenger wins", f"{number(self.share)} of decided queries {interval(self.lower, self.upper)}{known}"),
            ("error rate", str(self.facts["error rate"])),
        ]
        verdict = Verdict(self.verdict, self.summary, tone=_TONES[self.verdict])
        return Page([Title(self.name), verdict, Lines(lines), Table(filled(self.table))])


def compare_rankings(
    credits: pd.DataFrame,
    *,
    arms: tuple[str, str] = _ARMS,
    id: str | None = None,
    alpha: float = 0.05,
) -> Preference:
    """Say which of two interleaved rankings is preferred, at any time, as often as wanted.

    Parameters
    ----------
    credits : DataFrame
        One row for each query that was shown, with a column for each arm: the credit of each, in order of time.
    arms : tuple of str
        Columns of the credit: champion and challenger.
    id : str, optional
        Column of users: credits of one user are added up first, because their queries are not independent.
    alpha : float
        Chance to find a preference that does not exist, over all looks together.

    Returns
    -------
    Preference
        ``verdict`` is ``"better"`` or ``"worse"`` (of the challenger), or ``"waits"``.

    Raises
    ------
    DataError
        If a column is missing, or a credit is null or below 0.

    Notes
    -----
    The ranking with more credit wins a query; ties are left out. Without preference each decided query is won by either
    with a chance of one half. The test is the likelihood ratio of a uniform mixture of chances (Lindon and Malek 2022),
    exact at all looks together; the interval holds the chances that it does not refuse. Interleaving needs far fewer
    queries than an A/B test, because both models answer each one (Chapelle et al. 2012).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> better = rng.random(400) < 0.65
    >>> credits = pd.DataFrame({"champion": (~better).astype(int), "challenger": better.astype(int)})
    >>> found = compare_rankings(credits)
    >>> found.verdict, round(found.share, 2), round(found.lower, 2), round(found.upper, 2)
    ('better', 0.6, 0.52, 0.68)
    """
    who = "compare_rankings"
    check_between(who, "alpha", alpha, 0.05)
    names = names_of(who, arms, 2, 2)
    check_frame(credits, who, [*names, *([] if id is None else [id])])
    values = {name: _credit(credits, name, who) for name in names}
    if id is not None:
        if credits[id].isna().any():
            raise DataError(
                f"{who}: {id!r} is null in row {row_named(credits, credits[id].isna().to_numpy())}",
                "leave such rows out",
            )
        codes = pd.factorize(credits[id])[0]
        values = {name: np.asarray(np.bincount(codes, each), dtype=np.float64) for name, each in values.items()}
    return _preference(values[names[0]], values[names[1]], names, alpha, "users" if id is not None else "queries")


def _credit(credits: pd.DataFrame, name: str, who: str) -> Values:
    values = numbers_of(credits, name, who)
    odd = ~(np.nan_to_num(values, nan=-1) >= 0)
    if odd.any():
        raise DataError(
            f"{who}: the credit {name!r} is {values[odd][0]:g} in row {row_named(credits, odd)}",
            f"give 0 or more, as Interleaved.credit(chosen) does; columns are {listed(credits.columns)}",
        )
    return values


def _preference(one: Values, other: Values, names: Sequence[str], alpha: float, units: str) -> Preference:
    won = np.sign(other - one)
    decided = won[won != 0]
    n, wins = len(decided), float((decided > 0).sum())
    table = pd.DataFrame({"won by": [*names, "neither"], units: [n - int(wins), int(wins), len(won) - n]})
    scalars: Mapping[str, float] = {"share": math.nan, "lower": 0.0, "upper": 1.0, "p": 1.0}
    if n:
        evidence = share_evidence(np.cumsum(decided > 0).astype(float), np.arange(1.0, n + 1), EVEN)
        lower, upper = share_interval_at_all_looks(wins, n, alpha)
        scalars = {"share": wins / n, "lower": lower, "upper": upper, "p": min(1.0, 1 / float(evidence[-1]))}
    verdict = "better" if scalars["lower"] > EVEN else "worse" if scalars["upper"] < EVEN else "waits"
    said = {
        "better": f"{names[1]!r} is preferred", "worse": f"{names[0]!r} is preferred",
        "waits": f"{n:,} decided {units} show no preference yet",
    }[verdict]  # fmt: skip
    facts = {"error rate": f"{alpha:.0%} at all looks together"}
    return Preference("preference", table, scalars, verdict, said, facts=facts, draw=_draw)


def _draw(result: Result, ax: Axes) -> None:
    """Draw the share that the challenger won with its interval, against one half."""
    scalars = result.scalars
    drawing.bar_at(ax, EVEN, drawing.DIM, "--")
    ax.annotate("no preference", (EVEN, 1), xycoords=("data", "axes fraction"), xytext=(3, -10), color=drawing.DIM,
                textcoords="offset points", fontsize=drawing.SMALL)  # fmt: skip
    if math.isfinite(scalars["share"]):
        drawing.dot(ax, 0, scalars["share"], scalars["lower"], scalars["upper"], drawing.MINE, result.verdict)
    drawing.finish(ax, ["challenger"], "share of decided queries that it won")
    ax.set_xlim(0, 1)
    drawing.as_high_as(ax, 1)
