"""Metrics of models without a target, by name: their direction and bounds; their values come with the evaluation."""

from __future__ import annotations

from collections.abc import Mapping

from mlsys.errors import ConfigurationError
from mlsys.evaluation._metric import SampleMetric
from mlsys.evaluation.sample import Sample, Task


def _of_no_rows(sample: Sample) -> float:
    raise ConfigurationError(
        "metrics of models without a target are measured on models learned again and on distances, not on predictions",
        "read them from run.reports['evaluate'].table; to compare by the truth name a target",
    )


def _metric(name: str, *tasks: Task, least: float = -1.0) -> SampleMetric:
    return SampleMetric(name, _of_no_rows, tasks=tasks, bounds=(least, 1.0))


WITHOUT_LABELS: Mapping[str, SampleMetric] = {
    each.name: each
    for each in (
        _metric("stability", "anomalies", "clusters"),
        _metric("rank_correlation", "anomalies"),
        _metric("share_flagged", "anomalies", least=0.0),
        _metric("silhouette", "clusters"),
        _metric("agreement", "clusters"),
    )
}
