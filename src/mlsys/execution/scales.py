"""Features of unlike scales in front of an estimator that measures distances between rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.plan import Planned
from mlsys.steps.capabilities import MeasuresDistances
from mlsys.values import NUMERIC, values_of

MOST = 0.95
"""Share of the variance of all features above which one of them decides how far apart rows are."""
ROWS = 10_000
"""First training rows that are looked at: a share above ``MOST`` is told from them to a percent."""


def unlike_scales(planned: Planned, parts: Parts, work: Work) -> list[Finding]:
    """Report a feature that makes nearly all of the squared distances between rows.

    Notes
    -----
    The mean squared distance of two rows is twice the sum of the variances of the features.
    """
    step, features = planned.step, parts.features
    if not isinstance(step, MeasuresDistances) or work.quiet:
        return []
    rows, found = parts.rows["train"].head(ROWS), list[Finding]()
    for estimator, read in step.distances(features).items():
        names = [name for name in read if name in rows.columns]
        most = _most(rows, [name for name in names if values_of(rows[name]).means in NUMERIC])
        if most is None:
            continue
        name, share, others = most
        message = (
            f"{name!r} makes {100 * share:.3g} % of the squared distances that {estimator} measures, so the other "
            f"{others} hardly count; bring them to one scale: Standardize() before {planned.name}"
        )
        found.append(Finding("EV104", message, "warning", (name,), planned.name))
    return [each for each in found if each not in parts.findings]


def _most(rows: pd.DataFrame, numbers: Sequence[str]) -> tuple[str, float, int] | None:
    """Return the column that makes nearly all of the squared distances, its share, and the number of others."""
    if len(numbers) < 2:
        return None
    values = rows[list(numbers)].to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(all="ignore"):
        variances = pd.DataFrame(values).var(ddof=0).to_numpy()
        variances = np.where(np.isfinite(variances), variances, 0.0)
        shares = variances / variances.sum()
    most = int(np.argmax(variances))
    if (variances > 0).sum() < 2 or not shares[most] > MOST:
        return None
    return numbers[most], float(shares[most]), len(numbers) - 1
