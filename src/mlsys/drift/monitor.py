"""Monitor: watch a model's rows for drift, whichever library trained the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from mlsys.drift.asked import (
    check_least_effect,
    check_rows,
    check_tests,
    names_asked,
    plain_rows,
    watched_columns,
    window_seconds,
)
from mlsys.drift.auditing import MonitorAudit, audit_monitor
from mlsys.drift.comparing import LEAST_EFFECT, LEVEL
from mlsys.drift.grid import window_of
from mlsys.drift.joint import sample_of
from mlsys.drift.outcomes import Outcomes
from mlsys.drift.phases import check_season
from mlsys.drift.profile import MOST_WINDOWS, DriftProfile
from mlsys.drift.signals import Tests
from mlsys.drift.slices import slices_of
from mlsys.drift.watching.alerts import alerts_asked, tell
from mlsys.drift.watching.budget import Budget
from mlsys.drift.watching.check import Check, DriftAlarm, at_least
from mlsys.drift.watching.checking import checked, refused
from mlsys.drift.watching.history import FILE, History
from mlsys.drift.watching.kept import place_of, read_kept, write_kept
from mlsys.drift.watching.layers import PAGE
from mlsys.drift.watching.of_run import keep_with_run, place_of_run
from mlsys.drift.watching.page import monitor_page
from mlsys.drift.watching.predicting import PREDICTED_NOW, ModelOfRun, predicted, with_predictions
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import Page, Shown
from mlsys.values import values_of

__all__ = ["Check", "DriftAlarm", "Monitor"]


@dataclass(frozen=True, repr=False)
class Monitor(Shown):
    """Profile of reference rows to check later rows against; it keeps no rows unless asked to.

    Create one with :meth:`fit` or :meth:`from_run`, or read one with :meth:`load`.

    Parameters
    ----------
    profile : dict
        Counts on a fixed grid.
    columns : tuple of str
        Monitored columns.
    time, prediction, target, id : str, optional
        Columns of the time, of the model's output, of the label, and of the row id.
    least_effect, least_loss : float
        Effects up to the first raise no alarm, rises of the loss up to the second no page.
    budget, every : str, optional
        False pages that are accepted, and the time between checks.
    tests : tuple of str
        Two-sample tests of numbers and of levels.
    written : dict of str to str
        What the values of each column were.
    importance : dict of str to float
        How much the model uses each column.
    outcomes : Outcomes, optional
        Counts by prediction and label.
    slices : dict
        Counts by slice.
    rows : DataFrame, optional
        Sample of the reference.
    run : str, optional
        Id of the run that it watches.
    season : str, optional
        Phases that are compared, such as ``"hour of week"``.
    model : object, optional
        What predicts rows that come without predictions (``model.predict(rows)``); not saved.

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
    target: str | None = None
    id: str | None = None
    budget: str | None = None
    every: str | None = None
    least_loss: float | None = None
    tests: tuple[str, str] = (Tests.numbers, Tests.levels)
    written: dict[str, str] = field(default_factory=dict)
    importance: dict[str, float] = field(default_factory=dict)
    outcomes: Outcomes | None = None
    slices: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: pd.DataFrame | None = None
    run: str | None = None
    season: str | None = None
    model: Any = field(default=None, compare=False)

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
        season: str | None = None,
        least_effect: float = LEAST_EFFECT,
        budget: str | None = None,
        every: str | None = None,
        id: str | None = None,
        slices: Sequence[str] | None = None,
        importance: Mapping[str, float] | None = None,
        rows: int = 0,
        least_loss: float | None = None,
        threshold: float = 0.5,
        event: Any = None,
        numbers: str = Tests.numbers,
        levels: str = Tests.levels,
    ) -> Monitor:
        """Profile the reference rows.

        Parameters
        ----------
        reference : DataFrame
            Rows from a time when the model worked, that it did not learn from if ``target`` is among them.
        prediction : str, optional
            Column with the model's output: the probability of one of two classes, the class, or a number. Monitored
            like a feature and listed first in the verdict.
        target : str, optional
            Column of labels; not monitored like a feature, because labels arrive later. With ``prediction``, checks
            compare the loss: by labels that are known by then, and as the predictions let one expect.
        time : str, optional
            Column of timestamps, dates or ISO 8601 text; a season seen in the reference then raises no alarm.
        columns : sequence of str, optional
            Columns to monitor; by default all except target, time and id.
        window : str or Timedelta, optional
            Length of the periods to be checked, such as ``"7D"``; needs ``time``.
        season : {"hour of day", "hour of week", "day of week", "month"}, optional
            Compare rows with those windows of the reference alone that lie in the same phase (UTC), so that a Sunday is
            compared with Sundays; needs ``window``, of an hour, a day or a month at most.
        least_effect : float
            Effects up to this size never raise an alarm.
        budget : str, optional
            False pages that are accepted, such as ``"1 false page per 90 days"``; by default each check has a level of
            5 %.
        every : str, optional
            Time between two checks, for the budget; by default the window, or a day.
        id : str, optional
            Column of row ids, by which labels are found; by default the index.
        slices : sequence of str, optional
            Columns whose most frequent levels are compared each for itself.
        importance : mapping of str to float, optional
            How much the model uses each column, for ``check.tables["attribution"]``.
        rows : int
            Rows of the reference to keep, drawn at random, for a test of all columns together; 0 keeps none.
        least_loss : float, optional
            Rises of the mean loss up to this page nobody; by default a tenth of the reference's loss.
        threshold : float
            Probability from which on the event is predicted.
        event : bool, number or str, optional
            For two classes, the one that the prediction is the probability of; by default the later in order.
        numbers : {"omnibus", "anderson_darling", "kolmogorov_smirnov", "cramer_von_mises", "chi_square", "g", \
"population_stability", "jensen_shannon"}
            Test of numbers; ``"omnibus"`` joins Anderson-Darling and Neyman's smooth test.
        levels : {"omnibus", "chi_square", "g", "population_stability", "jensen_shannon"}
            Test of categories; ``"omnibus"`` joins chi-square and the level that moved most.
        """
        who = "Monitor.fit"
        check_rows(reference, who)
        check_least_effect(least_effect, who)
        check_tests(numbers, levels, who)
        roles = {"prediction": prediction, "target": target, "time": time, "id": id}
        watched = watched_columns(reference, columns, roles, who)
        seconds = window_seconds(window, time, who)
        check_season(season, time, seconds, who)
        every = every or (None if window is None else str(window))
        if budget is not None:
            Budget.of(budget, every, who)
        state = DriftProfile(watched, time, seconds, season is not None).fit(plain_rows(reference, watched, time)).state
        grid = state["grid"]
        if seconds is not None and grid["time"] is not None and grid["length"] > max(seconds, 1.0):
            raise ConfigurationError(
                f"{who}: window={window!r} cuts the reference's {pd.Timedelta(grid['span'], 's')} into more than "
                f"{MOST_WINDOWS:,} windows",
                "give a longer window, as long as the periods to be checked",
            )
        outcomes = None
        if prediction is not None and target is not None:
            outcomes = Outcomes.of(reference[prediction], reference[target], threshold, event, who)
            if grid["time"] is not None:
                outcomes = outcomes.dependent(reference[prediction], reference[target], window_of(reference, grid))
        by = slices_of(reference, grid, names_asked(slices, who) or (), who)
        kept = sample_of(plain_rows(reference, watched, None), rows) if rows else None
        return cls(
            state, watched, time, prediction, least_effect, target, id, budget, every, least_loss, (numbers, levels),
            {name: str(values_of(reference[name]).kind) for name in watched}, dict(importance or {}), outcomes, by,
            kept, season=season,
        )  # fmt: skip

    @classmethod
    def from_run(cls, run: Any, *, budget: str | None = None, **options: Any) -> Monitor:
        """Profile the rows that evaluated a run, as requests bring them, with the predictions made for them.

        Rows that are checked later without predictions are given those of the run's model.

        Parameters
        ----------
        run : Run or str
            Of a pipeline with a model; or the id of a run whose monitor was kept with it (:meth:`save`), on this
            machine or in MLflow: no row is needed then.
        budget : str, optional
            False pages that are accepted.
        options : object
            Further arguments of :meth:`fit`; not with an id, whose profile is made already.

        Raises
        ------
        TrackingError
            If the run of that id keeps no monitor, or MLflow cannot be reached.
        """
        if isinstance(run, str):
            return cls._kept_with(run, budget, options)
        rows, roles = run.watched_rows()
        return replace(cls.fit(rows, **{**roles, "budget": budget, **options}), run=str(run.id), model=run.model)

    @classmethod
    def _kept_with(cls, run: str, budget: str | None, options: Mapping[str, Any]) -> Monitor:
        if options:
            raise ConfigurationError(
                f"Monitor.from_run: {next(iter(options))}= is given for a run whose profile is made already",
                "leave it out, or give the run itself: Monitor.from_run(pipeline.run(...), ...)",
            )
        made = cls.load(place_of_run(run))
        budget = made.budget if budget is None else Budget.of(budget, made.every, "Monitor.from_run").said
        again = replace(made, budget=budget, model=ModelOfRun(made.run or run))
        again.__dict__["history"] = made.history
        return again

    @property
    def level(self) -> float:
        """Probability of a false page that each check may have."""
        return LEVEL if self.budget is None else Budget.of(self.budget, self.every).level

    @cached_property
    def history(self) -> History:
        """What checks said, one line each; continued in the folder of a monitor that was saved or loaded."""
        return History(run=self.run or "")

    def check(
        self,
        frame: pd.DataFrame,
        labels: pd.Series | pd.DataFrame | None = None,
        *,
        estimate: Any = None,
        alert: Any = None,
        alert_on: str = PAGE,
    ) -> Check:
        """Compare rows with the reference.

        Parameters
        ----------
        frame : DataFrame
            Today's rows, with the monitored columns; the target in them may be null.
        labels : Series or DataFrame, optional
            Labels that are known by now: a Series by row id; a DataFrame with id and target; one with target and
            prediction of any earlier rows; or, for the monitor of a run, earlier rows with their target, which the
            run's model predicts.
        estimate : Result, optional
            Of ``estimate_performance``, to be taken in place of the estimate from the profile.
        alert : callable, or list of callables, optional
            Called with the check: a function, ``Webhook(url)`` or ``to_stderr``.
        alert_on : {"page", "ticket"}
            Which checks call it.

        Returns
        -------
        Check
            A table with one row per column, layers of trust, a cause and a verdict; ``raise_if_alarm()`` stops a job.

        Raises
        ------
        DataError
            If there are no rows, or a monitored column is missing, or holds values that are not numbers or times
            although the reference held these: this is a broken feed, not drift. The history keeps that, and alerts are
            told of it.
        """
        alerts = alerts_asked(alert, "Monitor.check")
        at_least("", alert_on, "Monitor.check")
        try:
            rows = predicted(self, frame, "Monitor.check")
            known = with_predictions(self, frame, labels, "Monitor.check")
            check = checked(self, rows, known, estimate, "" if known is labels else PREDICTED_NOW)
        except DataError as error:
            self._keep(refused(frame, error, self.time), alerts, alert_on)
            raise
        self._keep(check, alerts, alert_on)
        return check

    def audit(self, reference: pd.DataFrame, *, block: str | int | None = None) -> MonitorAudit:
        """Replay the reference in blocks, and say how often the monitor would have alarmed without drift.

        Parameters
        ----------
        reference : DataFrame
            The rows that the monitor was fitted on, or others from a time without drift.
        block : str or int, optional
            Length of a block as a duration such as ``"1D"`` (needs ``time``), or in rows; by default ``every``, or a
            twentieth of the rows.

        Returns
        -------
        MonitorAudit
            Pages and alarms really obtained beside those that the budget allows, with intervals, and the columns whose
            rows depend on each other.
        """
        return audit_monitor(self, predicted(self, reference, "Monitor.audit"), block)

    def save(self, folder: str | Path | None = None) -> Path:
        """Write the monitor into a folder; it holds counts, but no rows unless ``rows=`` asked for a sample.

        Parameters
        ----------
        folder : str or Path, optional
            By default the monitor is kept with its run: in the folder of mlsys, where ``mlsys check`` looks for it,
            and, without rows, among the run's artifacts in MLflow, if the run was written there.
            ``Monitor.from_run(id)`` reads it on any machine.

        Notes
        -----
        An existing monitor is replaced atomically: after an interruption either the old or the new one remains.
        Checks are added to the history in the folder from then on.
        """
        place = place_of(self.run or "") if folder is None else Path(folder)
        self._write(place)
        self.history.keep_in(place / FILE)
        if folder is None:
            keep_with_run(self.run or "", replace(self, rows=None)._write, place / FILE)
        return place

    def _write(self, place: Path) -> None:
        state = {name: getattr(self, name) for name in ("profile", "slices", "rows")}
        state["outcomes"] = None if self.outcomes is None else self.outcomes.state()
        plain = {each.name for each in fields(self)} - set(state) - {"model"}
        write_kept(place, {name: getattr(self, name) for name in sorted(plain)}, state)

    @classmethod
    def load(cls, folder: str | Path) -> Monitor:
        """Read a monitor that ``save`` wrote.

        Raises
        ------
        StateError
            If one of its files is missing, damaged, a link, of another version, or from another monitor.
        """
        from mlsys.states.on_disk import naming

        place = Path(folder)
        about, state = read_kept(place)
        with naming(place / "monitor.json"):
            outcomes = state["outcomes"]
            made = cls(**{
                **about, **state, "columns": tuple(about["columns"]), "tests": tuple(about["tests"]),
                "outcomes": None if outcomes is None else Outcomes.from_state(outcomes),
            })  # fmt: skip
        made.__dict__["history"] = History(place / FILE, made.run or "")
        return made

    def _keep(self, check: Check, alerts: Any, alert_on: str) -> None:
        self.history.add(check.facts["entry"])
        if alerts and at_least(check.level, alert_on, "Monitor.check"):
            tell(check, alerts)

    def _page(self) -> Page:
        return monitor_page(self)
