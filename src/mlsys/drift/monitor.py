"""Monitor: watch a model's rows for drift, whichever library trained the model."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.drift.asked import check_least_effect, check_rows, plain_rows, watched_columns, window_seconds
from mlsys.drift.comparing import LEAST_EFFECT, compare_with_profile
from mlsys.drift.picture import draw_effects
from mlsys.drift.profile import MOST_WINDOWS, DriftProfile
from mlsys.drift.result import LEAST, SHAPES, SIGNALS, DriftResult
from mlsys.drift.shapes import shapes_of
from mlsys.errors import ConfigurationError, DataError, MlsysError, StateError
from mlsys.pages import Lines, Page, Shape, Shown, Table, Title, number


class DriftAlarm(MlsysError, RuntimeError):
    """Raised by ``raise_if_alarm`` when columns have drifted.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> try:
    ...     Monitor.fit(rows).check(rows + 30).raise_if_alarm()
    ... except DriftAlarm as alarm:
    ...     print(alarm.remedy)
    look at .table and .plot(), then fix the data or retrain
    """


@dataclass(frozen=True, repr=False)
class Check(DriftResult):
    """Result of ``monitor.check``: table, verdict, figure.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> check = Monitor.fit(rows).check(rows.head(1_000))
    >>> check.verdict, list(check.table["column"])
    ('no alarm', ['age'])
    """

    def raise_if_alarm(self) -> None:
        """Raise ``DriftAlarm`` if a column has drifted; for scripts that must stop."""
        if self.facts["alarms"]:
            raise DriftAlarm(self.summary, "look at .table and .plot(), then fix the data or retrain")


@dataclass(frozen=True, repr=False)
class Monitor(Shown):
    """Profile of reference rows to check later rows against; it keeps no rows.

    Create one with :meth:`fit`, or read one with :meth:`load`.

    Parameters
    ----------
    profile : dict
        Counts on a fixed grid.
    columns : tuple of str
        Monitored columns.
    time, prediction : str, optional
        The time column; the column with the model's output.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> reference = pd.DataFrame({"age": rng.normal(40, 10, 3000), "p": rng.random(3000)})
    >>> monitor = Monitor.fit(reference, prediction="p")
    >>> monitor.check(reference.sample(500, random_state=0)).verdict
    'no alarm'
    >>> monitor.check(pd.DataFrame({"age": rng.normal(55, 10, 500), "p": rng.random(500)})).verdict
    'alarm: age'
    """

    profile: dict[str, Any]
    columns: tuple[str, ...]
    time: str | None = None
    prediction: str | None = None
    least_effect: float = field(default=LEAST_EFFECT)

    @classmethod
    def fit(
        cls,
        reference: pd.DataFrame,
        *,
        prediction: str | None = None,
        target: str | None = None,
        time: str | None = None,
        columns: Sequence[str] | None = None,
        window: str | pd.Timedelta | None = None,
        least_effect: float = LEAST_EFFECT,
    ) -> Monitor:
        """Profile the reference rows.

        Parameters
        ----------
        reference : DataFrame
            Rows the model was trained on, or rows from a time when it worked.
        prediction : str, optional
            Column with the model's output; monitored like a feature and listed first in the verdict.
        target : str, optional
            Target column; not monitored, because it arrives later.
        time : str, optional
            Column of timestamps, dates or ISO 8601 text; a season seen in the reference then raises no alarm.
        columns : sequence of str, optional
            Columns to monitor; by default all except target and time.
        window : str or Timedelta, optional
            Length of the periods to be checked, such as ``"7D"``; needs ``time``.
        least_effect : float
            Effects up to this size never raise an alarm.
        """
        who = "Monitor.fit"
        check_rows(reference, who)
        check_least_effect(least_effect, who)
        roles = {"prediction": prediction, "target": target, "time": time}
        watched = watched_columns(reference, columns, roles, who)
        seconds = window_seconds(window, time, who)
        state = DriftProfile(watched, time, seconds).fit(plain_rows(reference, watched, time)).state
        grid = state["grid"]
        if seconds is not None and grid["time"] is not None and grid["length"] > max(seconds, 1.0):
            raise ConfigurationError(
                f"{who}: window={window!r} cuts the reference's {pd.Timedelta(grid['span'], 's')} into more than "
                f"{MOST_WINDOWS:,} windows",
                "give a longer window, as long as the periods to be checked",
            )
        return cls(state, watched, time, prediction, least_effect)

    def check(self, frame: pd.DataFrame) -> Check:
        """Compare rows with the reference.

        Parameters
        ----------
        frame : DataFrame
            Today's rows, with the monitored columns.

        Returns
        -------
        Check
            A table with one row per column, and a verdict; ``raise_if_alarm()`` stops a job.

        Raises
        ------
        DataError
            If a monitored column is missing, or holds values that are not numbers or times although the reference held
            these: this is a broken feed, not drift.
        """
        check_rows(frame, "Monitor.check")
        needed = (*self.columns, *([self.time] if self.time else []))
        missing = [name for name in needed if name not in frame.columns]
        if missing:
            raise DataError(
                f"Monitor.check: the rows lack {', '.join(map(repr, missing))}", "repair the feed: this is not drift"
            )
        compared = compare_with_profile(self.profile, frame, self.least_effect)
        alarms = tuple(sorted(compared.alarms, key=lambda name: name != self.prediction))
        verdict = f"alarm: {', '.join(alarms)}" if alarms else "no alarm"
        scalars = compared.scalars()
        return Check(
            "drift", compared.table, scalars, verdict, compared.summary,
            {SHAPES: compared.shapes, SIGNALS: compared.signals},
            facts={"alarms": alarms, LEAST: self.least_effect}, draw=draw_effects,
        )  # fmt: skip

    def save(self, folder: str | Path) -> Path:
        """Write the monitor into a folder; it holds counts but no rows.

        An existing monitor is replaced atomically: after an interruption either the old or the new one remains.
        """
        from mlsys.states import digest, save_state
        from mlsys.states.on_disk import with_digest
        from mlsys.unfinished import remove, whole

        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        named = digest(self.profile)
        kept = place / _profile_of(named)
        if not _holds(kept, named):
            remove(kept)
            with whole(kept) as making:
                save_state(self.profile, making)
        about = {
            "columns": list(self.columns), "time": self.time, "prediction": self.prediction,
            "least_effect": self.least_effect, "profile": named,
        }  # fmt: skip
        with whole(place / "monitor.json") as making:
            making.write_text(json.dumps(with_digest(about)), encoding="utf-8")
        for other in place.glob(_profile_of("*")):
            if other != kept:
                remove(other)
        return place

    @classmethod
    def load(cls, folder: str | Path) -> Monitor:
        """Read a monitor that ``save`` wrote.

        Raises
        ------
        StateError
            If one of its files is missing, damaged, a link, or from another monitor.
        """
        from mlsys.states import digest, load_state
        from mlsys.states.on_disk import naming, read_with_digest

        place = Path(folder)
        if not os.path.lexists(place / "monitor.json"):
            raise ConfigurationError(
                f"{place} holds no monitor (no monitor.json)", "name a folder that monitor.save() wrote"
            )
        about = read_with_digest(place / "monitor.json")
        with naming(place / "monitor.json"):
            kept = place / _profile_of(str(about["profile"]))
        profile = load_state(kept)
        with naming(place / "monitor.json"):
            if digest(profile) != about["profile"]:
                raise StateError(f"{kept} belongs to another monitor", "save the monitor again")
            return cls(profile, tuple(about["columns"]), about["time"], about["prediction"], about["least_effect"])

    def _page(self) -> Page:
        grid, counts = self.profile["grid"], self.profile["counts"]["bins"]
        totals = {name: counts[name].sum(axis=0).astype(float) for name in self.columns}
        rows = int(next(iter(totals.values())).sum()) if totals else 0
        windows = f"{grid['windows']} windows of {pd.Timedelta(round(grid['length']), 's')}"
        said = [
            ("time", f"{self.time!r}, in {windows}: a season seen there raises no alarm" if self.time else ""),
            ("prediction", repr(self.prediction) if self.prediction else ""),
            ("least effect", f"{number(self.least_effect)}: smaller effects never raise an alarm"),
        ]
        lines = [
            {"column": name, "kind": grid["columns"][name]["kind"], "shape": self._shape(name, total[:-1]),
             "nulls": total[-1] / max(total.sum(), 1)}
            for name, total in totals.items()
        ]  # fmt: skip
        return Page([
            Title(f"Monitor of {len(self.columns)} columns: {rows:,} rows counted, none stored"),
            Lines([(label, each) for label, each in said if each]),
            Table(pd.DataFrame(lines, columns=["column", "kind", "shape", "nulls"]), most=50),
        ])  # fmt: skip

    def _shape(self, name: str, counts: Any) -> Shape | str:
        bars = shapes_of(self.profile["grid"]["columns"], {name: (counts, counts)})
        if not counts.sum():
            return ""
        shares = bars["before"].tolist()
        return Shape(shares, f"{name}: most rows {bars['bar'].tolist()[shares.index(max(shares))]}")


def _profile_of(digest: str) -> str:
    """Return the name of the folder of a profile; it follows from the content, so that two never share one."""
    return Path(f"profile-{digest[:16]}").name


def _holds(folder: Path, named: str) -> bool:
    """Say whether a folder holds the profile of some digest, whole."""
    from mlsys.states import digest, load_state

    try:
        return folder.is_dir() and digest(load_state(folder)) == named
    except StateError:
        return False
