"""The price of leakage of an order that ``Pipeline`` refuses, beside the corrected one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlsys.dataset import targets_named
from mlsys.execution.session import working
from mlsys.pipeline.given import as_rows
from mlsys.pipeline.pipeline import Pipeline
from mlsys.pipeline.pricing import FOLDS, REPEATS, ROWS, as_written, price_of_pipeline, priced, refuse_without_model
from mlsys.pipeline.rehearsing import rehearse
from mlsys.plan.coercion import as_step
from mlsys.plan.refusals import learns
from mlsys.run.estimates.price import PriceOfLeakage
from mlsys.steps.questions import divides
from mlsys.warned import once_a_run


@once_a_run()
def price_of_leakage(
    steps: Sequence[Any],
    data: Any = None,
    *,
    rows: int = ROWS,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    n_jobs: int = 1,
    verbose: bool | None = None,
    **arguments: Any,
) -> PriceOfLeakage:
    """Score an order of steps that ``Pipeline`` refuses beside the corrected one.

    Parameters
    ----------
    steps : sequence
        As for ``Pipeline``: with steps that learn or resample before the split.
    data : DataFrame, optional
        Rows, in any form that ``pipeline.run`` accepts; by default those of the source.
    rows : int
        Approximate size of the sample, chosen by hash of ids; groups stay whole.
    folds, repeats : int
        Windows used to evaluate both orders; repeats for splits by rows.
    n_jobs : int
        Processes.
    verbose : bool, optional
        Show a progress bar; by default in a terminal and in a notebook.
    **arguments
        Roles and other arguments of ``Pipeline``.

    Returns
    -------
    PriceOfLeakage
        Optimistic and honest score, and the gap with its interval. For steps in an honest order: the
        price of each leak that could be added, as in ``pipeline.price_of_leakage()``.

    Notes
    -----
    As written, the early steps see all rows except test rows, including the evaluated rows; the test rows stay
    sealed. The gap is paired fold by fold where both orders have the same rows (Nadeau and Bengio 2003).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.feature_selection import SelectKBest
    >>> from sklearn.linear_model import LogisticRegression
    >>> import mlsys
    >>> rng = np.random.default_rng(0)
    >>> noise = pd.DataFrame(rng.normal(size=(100, 500))).rename(columns="x{}".format)
    >>> noise["y"] = rng.permutation([0, 1] * 50)
    >>> steps = [SelectKBest(k=20), mlsys.StratifiedSplit(test=0), LogisticRegression()]
    >>> price = mlsys.price_of_leakage(steps, noise, target="y")
    >>> row = price.table.iloc[0]
    >>> bool(row["optimistic"] > 0.8), bool(row["honest"] < 0.65), row["verdict"]
    (True, True, 'flatters')
    """
    data = as_rows(data, targets_named(arguments.get("target")), "price_of_leakage()")
    given = [as_step(step) for step in steps]
    at = next((i for i, step in enumerate(given) if divides(step)), len(given))
    early = [step for step in given[:at] if learns(step) and not step.allow_all_rows] if at < len(given) else []
    if not early:
        return price_of_pipeline(Pipeline(steps, **arguments), data, rows, folds, repeats, n_jobs, verbose)
    moved = set(map(id, early))
    others = [step for step in given[:at] if id(step) not in moved]
    corrected = Pipeline([*others, given[at], *early, *given[at + 1 :]], **arguments)
    refuse_without_model(corrected)
    with working(corrected, verbose, steps=corrected.steps) as work:
        found = rehearse(corrected, data, work, rows, folds, repeats)
        named = dict(zip(map(id, [*others, given[at], *early, *given[at + 1 :]]),
                         [each for each in corrected.planned if not each.supplied], strict=True))  # fmt: skip
        leak = as_written([named[id(step)] for step in given], early, found, data, corrected)
    return priced(corrected, found, [leak], n_jobs, verbose)
