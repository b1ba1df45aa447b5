"""Audit of a monitor: its reference replayed in blocks, and how often it would have alarmed for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlsys.drift.asked import check_rows, window_seconds
from mlsys.drift.dependence import SURE, Dependence
from mlsys.drift.grid import count_on_grid, window_of
from mlsys.drift.joint import sample_of
from mlsys.drift.reading import seconds_since_1970, times_of
from mlsys.drift.slices import slices_of
from mlsys.drift.watching.budget import Budget
from mlsys.drift.watching.checking import checked
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import Page, Table, Text, Title, Verdict, filled, number
from mlsys.steps import Result

WHO = "monitor.audit"
FEWEST_ROWS = 20
"""Rows of a block that is replayed."""
FEWEST_BLOCKS = 5
"""Blocks that a rate is read from."""
EARLIER = 8
"""Blocks before the first that is judged by earlier ones."""
DEFAULT_BLOCKS = 20
DEPENDENT = 1.5
"""Design effect from which on rows are called dependent."""
HELD, EXCEEDED = "held", "exceeded"


@dataclass(frozen=True, repr=False)
class MonitorAudit(Result):
    """Result of ``monitor.audit``: one row per block, rates beside the budget, columns whose rows depend on each other.

    Examples
    --------
    >>> from mlsys import Monitor
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"age": rng.normal(40, 10, 4_000)})
    >>> audit = Monitor.fit(rows, budget="1 false page per 50 checks").audit(rows)
    >>> audit.verdict, audit.scalars["blocks"]
    ('held', 20.0)
    """

    def _page(self) -> Page:
        blocks: list[Any] = [Title(self.name), Verdict(self.verdict, self.summary)]
        if self.facts["dependent"]:
            blocks.append(Text(str(self.facts["remark"])))
        return Page([*blocks, Table(filled(self.tables["rates"])), Table(filled(self.tables["columns"]), most=20)])


def audit_monitor(monitor: Any, reference: pd.DataFrame, block: str | int | None) -> MonitorAudit:
    """Replay a reference in blocks: each beside the earlier ones where there are times, else beside all others."""
    check_rows(reference, WHO)
    needed = [*monitor.columns, monitor.time, monitor.target if monitor.outcomes is not None else None]
    missing = [name for name in needed if name is not None and name not in reference.columns]
    if missing:
        raise DataError(
            f"{WHO}: the rows lack {', '.join(map(repr, missing))}",
            "give rows with the monitored columns, their times and their labels",
        )
    frame = reference.reset_index(drop=True)
    places, length = _blocks(monitor, frame, block)
    usable = [place for place in np.unique(places) if (places == place).sum() >= FEWEST_ROWS]
    if len(usable) < FEWEST_BLOCKS:
        raise ConfigurationError(
            f"{WHO}: the reference has {len(usable)} blocks of at least {FEWEST_ROWS} rows, fewer than {FEWEST_BLOCKS}",
            "give more rows, or a shorter block=",
        )
    checks = list(_replayed(monitor, frame, places, usable, length))
    table = pd.DataFrame(checks)
    rates = _rates(monitor, table)
    columns = _dependence(monitor, frame, places, usable)
    columns["alarms"] = [sum(name in each for each in table["alarms"]) for name in columns["column"]]
    dependent = columns[(columns["design effect"] > DEPENDENT) & (columns["p"] <= SURE / len(columns))]
    remark = _remark(monitor, dependent)
    verdict = EXCEEDED if (rates["lower"] > rates["accepted"]).any() else HELD
    told = "; ".join(_rate_said(row) for row in rates.to_dict("records"))
    return MonitorAudit(
        "audit", table, {"blocks": float(len(table)), **{row["of"]: row["rate"] for row in rates.to_dict("records")}},
        verdict, f"{told}{'; rows depend on each other' if len(dependent) else ''}",
        {"rates": rates, "columns": columns},
        facts={"dependent": list(dependent["column"]), "remark": remark},
    )  # fmt: skip


def _remark(monitor: Any, dependent: pd.DataFrame) -> str:
    """Say which rows depend on each other, and what to do about it."""
    if not len(dependent):
        return ""
    named, worst = ", ".join(dependent["column"].head(5)), number(dependent["design effect"].iloc[0])
    alike = f"rows of one block are alike in {named} (design effect up to {worst})"
    if monitor.time:
        return f"{alike}: bars and tests take that into account."
    return f"{alike}: p-values are too small. Name time= and window= in Monitor.fit, or check longer periods."


def _blocks(monitor: Any, frame: pd.DataFrame, block: str | int | None) -> tuple[NDArray[np.int64], float]:
    """Return the block of each row, -1 for none, and the length of a block in seconds, 0 where rows are counted."""
    block = monitor.every if block is None and monitor.time is not None else block
    if isinstance(block, bool) or (isinstance(block, int) and block < FEWEST_ROWS):
        raise ConfigurationError(f"{WHO}: block={block!r} has too few rows", f"give at least {FEWEST_ROWS}")
    if isinstance(block, int) or monitor.time is None:
        if isinstance(block, str):
            raise ConfigurationError(f"{WHO}: block={block!r} needs times", "name time= in Monitor.fit, or give rows")
        size = block or max(FEWEST_ROWS, -(-len(frame) // DEFAULT_BLOCKS))
        return np.arange(len(frame)) // size, 0.0
    seconds = seconds_since_1970(times_of(frame[monitor.time]))
    known = ~np.isnan(seconds)
    if not known.any():
        raise ConfigurationError(f"{WHO}: the reference has no known time in {monitor.time!r}", "give rows with times")
    start = float(np.floor(np.nanmin(seconds)))
    length = window_seconds(block, monitor.time, WHO) or (float(np.nanmax(seconds)) - start + 1) / DEFAULT_BLOCKS
    return np.where(known, np.floor((np.nan_to_num(seconds) - start) / length), -1).astype(np.int64), length


def _replayed(
    monitor: Any, frame: pd.DataFrame, places: NDArray[np.int64], usable: list[int], length: float
) -> Iterator[dict[str, Any]]:
    forward = length > 0 and len(usable) >= EARLIER + FEWEST_BLOCKS
    for place in usable[EARLIER:] if forward else usable:
        others = (places < place) & (places >= 0) if forward else places != place
        reference, today = frame[others], frame[places == place]
        check = checked(_refitted(monitor, reference, places[others], length if forward else 0.0), today)
        yield {
            "block": int(place), "rows": len(today), "verdict": check.verdict, "level": check.level,
            "alarms": list(check.facts["alarms"]), "largest effect": check.scalars["largest_effect"],
        }  # fmt: skip


def _refitted(monitor: Any, reference: pd.DataFrame, places: NDArray[np.int64], length: float) -> Any:
    """Return the monitor with other rows as its reference, on the same grid."""
    grid = monitor.profile["grid"]
    if length:
        start = float(np.floor(np.nanmin(seconds_since_1970(times_of(reference[monitor.time])))))
        windows = int(places.max()) + 1
        again = {**grid, "start": start, "length": length, "windows": windows, "span": windows * length}
    else:
        again = {**grid, "time": None, "start": 0.0, "length": 1.0, "windows": 1, "span": 0.0}
    counted = count_on_grid(reference, again).state()
    outcomes = monitor.outcomes
    if outcomes is not None:
        said = reference[monitor.prediction], reference[monitor.target]
        outcomes = outcomes.counted(*said)
        if again["time"] is not None:
            outcomes = outcomes.dependent(*said, window_of(reference, again))
    by = list(dict.fromkeys(each["column"] for each in monitor.slices.values()))
    rows = None if monitor.rows is None else sample_of(reference[list(monitor.columns)], len(monitor.rows))
    return replace(
        monitor, profile={"grid": again, "counts": counted}, time=monitor.time if length else None, outcomes=outcomes,
        season=monitor.season if length else None,
        slices=slices_of(reference, again, by, WHO), rows=rows,
    )  # fmt: skip


def _rates(monitor: Any, table: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import beta

    found = {"pages": (table["level"] == "page").sum(), "alarms": (table["verdict"] != "no alarm").sum()}
    if monitor.outcomes is None:
        del found["pages"]
    n, rows = len(table), []
    for name, k in found.items():
        lower = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
        upper = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
        rows.append((name, int(k), n, k / n, lower, upper, monitor.level, _over_period(monitor, k / n)))
    return pd.DataFrame(rows, columns=["of", "found", "blocks", "rate", "lower", "upper", "accepted", "in words"])


def _over_period(monitor: Any, rate: float) -> str:
    if monitor.budget is None:
        return f"{rate:.1%} of checks"
    budget = Budget.of(monitor.budget, monitor.every)
    if budget.every is None:
        return f"{rate * 100:.3g} per 100 checks"
    return f"{rate * (pd.Timedelta(days=90) / budget.every):.3g} per 90 days"


def _rate_said(row: dict[Any, Any]) -> str:
    return (
        f"{row['of']} in {row['found']} of {row['blocks']} blocks ({row['in words']}; {row['rate']:.1%} "
        f"[{row['lower']:.1%}, {row['upper']:.1%}], accepted {row['accepted']:.2g})"
    )


def _dependence(monitor: Any, frame: pd.DataFrame, places: NDArray[np.int64], usable: list[int]) -> pd.DataFrame:
    """Return for each column how much more blocks differ than independent rows would."""
    grid = {**monitor.profile["grid"], "time": None, "windows": 1}
    counted = [count_on_grid(frame[places == place], grid).bins for place in usable]
    found = {name: Dependence.of(np.array([each[name][0] for each in counted])) for name in monitor.columns}
    rows = [(name, each.effect, each.p) for name, each in found.items()]
    made = pd.DataFrame(rows, columns=["column", "design effect", "p"])
    return made.sort_values("design effect", ascending=False, ignore_index=True)
