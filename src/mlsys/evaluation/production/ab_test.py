"""ABTest: how many rows a comparison on live traffic needs, who gets which model, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mlsys.evaluation.production.ab_analysis import Asked, analysed
from mlsys.evaluation.production.ab_result import ABResult
from mlsys.evaluation.production.assigning import arm_of_ids
from mlsys.evaluation.production.design import Design
from mlsys.pages import Lines, Page, Title, number

_WHO = "ABTest"


@dataclass(frozen=True, repr=False)
class ABTest(Design):
    """Compare two models on live traffic, with a stated rate of wrong decisions.

    Parameters
    ----------
    metric : str
        Column of outcomes: 0 and 1 or truth values for shares, other numbers for means (money, minutes).
    minimum_effect : float
        Smallest difference of means that matters, in the unit of the metric; of shares, 0.01 is one percentage point.
    baseline : float, optional
        Share of the champion, to compute the sample size for a metric of 0 and 1.
    spread : float, optional
        Standard deviation of the metric between rows, to compute the sample size for other numbers.
    power : float
        Chance to find a true difference of ``minimum_effect``.
    alpha : float
        Chance to find a difference that does not exist.
    share : float
        Share of ids that get the challenger.
    sequential : bool
        Whether results may be looked at, and the test stopped, at any time. Otherwise they are for one look, when all
        rows have come, and earlier looks decide nothing.
    greater_is_better : bool
        Whether greater values of the metric are better.
    arms : tuple of str
        Names of the arms in the rows: first the model in use.
    salt : str
        Text that the assignment depends on. Change it with each test: otherwise the ids of the last test's challenger
        get this one's.

    Raises
    ------
    ConfigurationError
        If a parameter is outside its range.

    Notes
    -----
    A sequential test has intervals that hold at all looks together with chance ``1 - alpha``: the normal mixture of
    Robbins (1970; Howard et al. 2021), with estimated variances (Waudby-Smith et al. 2024), which is the mixture
    sequential probability ratio test (Johari et al. 2022). It is narrowest near the sample size of a fixed test. The
    price, at the usual 5 and 80 %: at most 74 % more rows for the same power. A true difference twice as large as
    ``minimum_effect`` is found with half the rows of the fixed test.

    A fixed test uses Welch's t for numbers, and the z-test with Agresti and Caffo's variance for shares. An arm
    with less than a fifth of the rows is never taken to vary less than both arms together: of rare or skewed outcomes
    it may have seen none of the large ones.

    Rows are added up once: time and memory grow with them in proportion.

    Examples
    --------
    >>> test = ABTest("bought", minimum_effect=0.02, baseline=0.10)
    >>> test.sample_size().fixed, test.sample_size().sequential
    (7682, 13370)
    >>> test.assign(["ann", "bo", "cem", "dee"]).tolist()
    ['challenger', 'champion', 'champion', 'champion']
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> rows = pd.DataFrame({"id": np.arange(20_000)})
    >>> rows["arm"] = test.assign(rows["id"])
    >>> rows["bought"] = rng.random(20_000) < np.where(rows["arm"] == "challenger", 0.13, 0.10)
    >>> result = test.analyse(rows)
    >>> result.verdict, round(result.difference, 3), [round(end, 3) for end in (result.lower, result.upper)]
    ('better', 0.022, [0.008, 0.036])
    """

    def assign(self, ids: Any) -> pd.Series:
        """Return the arm of each id: always the same for an id, in every process and on every machine.

        Parameters
        ----------
        ids : Series, Index or array
            What is randomised, such as users: all requests of one id get the same model.

        Returns
        -------
        Series
            Names of arms; with the index of ``ids`` where that is a Series.

        Raises
        ------
        DataError
            If an id is null.
        """
        return arm_of_ids(ids, self.arms, (1 - self.share, self.share), self.salt, f"{_WHO}.assign")

    def analyse(
        self,
        outcomes: pd.DataFrame,
        *,
        arm: str = "arm",
        id: str | None = None,
        time: str | None = None,
        covariate: str | None = None,
    ) -> ABResult:
        """Return the difference that outcomes show so far, with its interval and a decision.

        Parameters
        ----------
        outcomes : DataFrame
            One row for each outcome. Rows whose metric is null (not known yet) are left out, and counted.
        arm : str
            Column of the arms.
        id : str, optional
            Column of what was randomised. Of several rows of one id, a fixed test takes the variance between ids; a
            sequential one refuses them.
        time : str, optional
            Column of times or numbers of days, by which the test is replayed look by look.
        covariate : str, optional
            Column of numbers from before the test, such as the same metric of last month, to narrow the interval
            (CUPED, Deng et al. 2013).

        Returns
        -------
        ABResult
            ``verdict`` is ``"better"`` or ``"worse"`` (of the challenger), ``"not better"`` (by less than
            ``minimum_effect``, if at all), ``"not told apart"`` (all planned rows show no difference), ``"waits"``, or
            ``"refused"``: the arms are not as large as they should be, or outcomes lack more often in one of them.

        Raises
        ------
        DataError
            If columns are missing, an arm is unknown, null or empty, an id is in both arms, or outcomes are no
            numbers.
        """
        return analysed(Asked(self, arm, id, time, covariate), outcomes)

    def _page(self) -> Page:
        looks = "however often you look" if self.sequential else "if you look once, when all rows have come"
        lines = [
            ("arms", f"{self.arms[0]} {1 - self.share:.0%}, {self.arms[1]} {self.share:.0%}"),
            (
                "false alarms",
                f"a difference that does not exist is found in at most {self.alpha:.0%} of tests, {looks}",
            ),
            ("power", f"a true difference of {number(self.minimum_effect)} is found with {self.power:.0%}"),
        ]
        if self.baseline is not None or self.spread is not None:
            size = self.sample_size()
            most = "at most " if self.sequential else ""
            lines.append(("rows", f"{most}{size.champion:,} and {size.challenger:,}"))
        return Page([Title(f"A/B test of {self.metric!r}"), Lines(lines)])
