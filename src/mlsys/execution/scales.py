"""Features of unlike scales in front of an estimator that measures distances between rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlsys.errors import Finding
from mlsys.execution.parts import Parts
from mlsys.execution.work import Work
from mlsys.models import Train
from mlsys.models.needs import measures_distances
from mlsys.plan import Planned
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
    if not isinstance(step, Train) or work.quiet or not measures_distances(step.estimator):
        return []
    rows = parts.rows["train"].head(ROWS)
    names = [name for name in step.columns_read(features) if name in rows.columns]
    numbers = [name for name in names if values_of(rows[name]).means in NUMERIC]
    if len(numbers) < 2:
        return []
    values = rows[numbers].to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(all="ignore"):
        variances = pd.DataFrame(values).var(ddof=0).to_numpy()
        variances = np.where(np.isfinite(variances), variances, 0.0)
        shares = variances / variances.sum()
    most = int(np.argmax(variances))
    if (variances > 0).sum() < 2 or not shares[most] > MOST:
        return []
    estimator = type(step.estimator).__name__
    found = Finding(
        "EV104",
        f"{numbers[most]!r} makes {100 * shares[most]:.3g} % of the squared distances that {estimator} measures, so "
        f"the other {len(numbers) - 1} hardly count; bring them to one scale: Standardize() before {planned.name}",
        "warning",
        (numbers[most],),
        planned.name,
    )
    return [found] if found not in parts.findings else []
