"""Numbers that a run writes to MLflow, under the names it shows; few enough to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

import pandas as pd

from mlsys.evaluation import Evaluation
from mlsys.evaluation.metrics import METRICS
from mlsys.outcome.facts import RunFacts

MEASURED = ("p50", "p95", "p99", "rows_per_second")
"""What a model takes: milliseconds for one row, and rows that it answers in a second."""


def metrics_of(run: RunFacts) -> dict[str, float]:
    """Return headline metrics, those by part and slice, scalars of reports, rows and seconds by step, latency."""
    metrics = evaluation_metrics(run)
    for name, result in run.reports.items():
        if result is not run.evaluation:
            metrics.update({f"{name}/{key}": float(value) for key, value in result.scalars.items()})
    for record in run.records:
        metrics[f"seconds/{record.name}"] = record.seconds
        metrics[f"rows/{record.name}"] = float(sum(record.rows.values()))
    metrics.update({f"latency/{name}_ms": value for name, value in run.cost.items() if name.startswith("p")})
    if "rows_per_second" in run.cost:
        metrics["latency/rows_per_second"] = run.cost["rows_per_second"]
    return metrics


def evaluation_metrics(run: RunFacts) -> dict[str, float]:
    """Return the model's metrics under the names MLflow shows."""
    found = run.evaluation
    if found is None:
        return {}
    metrics = _metrics_of(found, found.part)
    for target, each in found.targets.items():
        alone = {key: value for key, value in _metrics_of(each, f"{each.part}/{target}").items() if "/" in key}
        metrics |= {key.replace("slice/", f"slice/{target}/", 1): value for key, value in alone.items()}
    return metrics


def _metrics_of(found: Evaluation, where: str) -> dict[str, float]:
    """Return the metrics of an evaluation, the headline's without a path; ``where`` stands before those of all rows."""
    metrics: dict[str, float] = {}
    of_slices = {found.headline, *found.own, *(name for name, each in METRICS.items() if each.by_slice)}
    part, keys = found.part, slice_keys(found.slices)
    for row in found.table[found.table["part"] == part].to_dict("records"):
        who = "" if row["model"] == "model" else f"{row['model']}/"
        if row["slice"] == "all":
            metrics[f"{where}/{who}{row['metric']}"] = float(row["value"])
            if row["model"] == "model" and row["metric"] == found.headline:
                metrics |= {row["metric"]: float(row["value"]), f"{row['metric']}_lower": float(row["lower"])}
        elif row["model"] == "model" and row["metric"] in of_slices:
            metrics[f"slice/{keys[row['slice']]}/{row['metric']}"] = float(row["value"])
    for key, value in found.scalars.items():
        metric, _, who = key.partition("/")
        metrics[f"{where}/{who}/{metric}" if who else f"{where}/{metric}"] = float(value)
    return {key: value for key, value in metrics.items() if pd.notna(value)}


def slice_keys(slices: Iterable[str]) -> dict[str, str]:
    """Return for the name of each slice one without signs of equality and of crossing, no two alike.

    Examples
    --------
    >>> slice_keys(["site=a-b", "site-a=b"])
    {'site=a-b': 'site-a-b', 'site-a=b': 'site-a-b-2'}
    >>> slice_keys(["sex=f & race=b"])
    {'sex=f & race=b': 'sex-f and race-b'}
    """
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for name in slices:
        plain = name.replace("=", "-").replace(" & ", " and ")
        numbered = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        keys[name] = next(each for each in numbered if each not in taken)
        taken.add(keys[name])
    return keys


def final_metrics(run: RunFacts) -> dict[str, float]:
    """Return what opening the test rows adds."""
    return {key: value for key, value in evaluation_metrics(run).items() if key.startswith("test/")}


def latency_in_words(cost: Mapping[str, float]) -> str:
    """Return a latency in one line; empty where none was measured.

    Examples
    --------
    >>> latency_in_words({"p50": 1.234, "p95": 2.0, "p99": 3.0, "rows_per_second": 81_234.0})
    '1.2 ms for one row (95 %: 2 ms, 99 %: 3 ms), 81,000 rows a second in batches'
    >>> latency_in_words({"p50": 0.0432, "p95": 99.7, "p99": 1234.0, "rows_per_second": 8.1})
    '0.043 ms for one row (95 %: 100 ms, 99 %: 1,200 ms), 8.1 rows a second in batches'
    """
    if not set(MEASURED) <= set(cost):
        return ""
    half, most, nearly_all, rows = (cost[name] for name in MEASURED)
    said = f"{_two(half)} ms for one row (95 %: {_two(most)} ms, 99 %: {_two(nearly_all)} ms)"
    return f"{said}, {_two(rows)} rows a second in batches"


def _two(value: float) -> str:
    """Return a number in two digits, never as a power of ten."""
    return f"{float(f'{value:.2g}'):,.10g}"
