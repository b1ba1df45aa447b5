"""The record of a run as plain JSON, to the last bit, and atomic writing of files."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from mlsys.errors import StateError, TrackingError
from mlsys.secrets import hidden, hidden_in
from mlsys.states.on_disk import naming, read_with_digest, with_digest
from mlsys.tracking.record import DatasetRecord, ModelRecord, RunRecord, Scalar, Span
from mlsys.unfinished import whole

Writes = Callable[[Path], None]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file under another name and rename it: readers find the old or the new one, with its digest."""
    with whole(path) as making:
        making.write_text(json.dumps(with_digest(content), indent=1, allow_nan=False), encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a file that was written by :func:`write_json`.

    Raises
    ------
    TrackingError
        If it is damaged, changed or not a plain file; the error names it.
    """
    with damaged(path):
        return read_with_digest(path)


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    """Return the error for a file or folder of a run that cannot be read, and that others are unaffected."""
    try:
        with naming(path):
            yield
    except StateError as error:
        raise TrackingError(
            f"a run's folder is damaged: {error.problem}",
            f"restore {path}, or move its folder away; other runs do not wait for it",
        ) from error


def as_number(value: float) -> float | str:
    """Return a number as JSON has it; JSON has no infinity.

    Examples
    --------
    >>> as_number(0.5), as_number(float("inf"))
    (0.5, 'inf')
    >>> float(as_number(float("-inf")))
    -inf
    """
    value = float(value)
    return value if math.isfinite(value) else repr(value)


def encoded(record: RunRecord) -> dict[str, Any]:
    """Return a record as plain JSON, its texts without secrets; its files are written beside it."""
    return {
        "mlsys_id": record.mlsys_id,
        "experiment": hidden(record.experiment),
        "run_name": hidden(record.run_name),
        "description": hidden(record.description),
        "about": hidden(record.about),
        "params": hidden_in({key: _scalar(value) for key, value in record.params.items()}),
        "metrics": {key: as_number(value) for key, value in record.metrics.items()},
        "tags": hidden_in({key: str(value) for key, value in record.tags.items()}),
        "datasets": [_dataset(each) for each in record.datasets],
        "spans": [_span(each) for each in record.spans],
        "started": float(record.started),
        "ended": float(record.ended),
        "curves": {key: [as_number(each) for each in values] for key, values in record.curves.items()},
        "parent": record.parent,
        "experiment_id": record.experiment_id,
        "above": record.above,
        "model": None if record.model is None else _model(record.model),
    }


def _dataset(dataset: DatasetRecord) -> dict[str, Any]:
    plain = {"rows": int(dataset.rows), "columns": dict(dataset.columns), "source": hidden(dataset.source)}
    return {**vars(dataset), **plain}


def _span(span: Span) -> dict[str, Any]:
    attributes = {key: _scalar(value) for key, value in span.attributes.items()}
    return {**vars(span), "started": float(span.started), "seconds": float(span.seconds), "attributes": attributes}


def _model(model: ModelRecord) -> dict[str, Any]:
    return {each.name: _plain(getattr(model, each.name)) for each in fields(model) if each.name != "write"}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return None if value is None else _scalar(value)


def _scalar(value: Any) -> Scalar:
    """Return a scalar of Python's own for one of NumPy's; what is not finite as text."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return as_number(value)
    return value if isinstance(value, (str, int)) else str(value)


def decoded(content: Mapping[str, Any], artifacts: Writes, model: Writes) -> RunRecord:
    """Return the record that :func:`encoded` was given, with other writers of its files."""
    described = content["model"]
    return RunRecord(
        mlsys_id=content["mlsys_id"],
        experiment=content["experiment"],
        run_name=content["run_name"],
        description=content["description"],
        params=content["params"],
        metrics={key: float(value) for key, value in content["metrics"].items()},
        tags=content["tags"],
        datasets=[DatasetRecord(**each) for each in content["datasets"]],
        spans=[Span(**each) for each in content["spans"]],
        write_artifacts=artifacts,
        started=content["started"],
        ended=content["ended"],
        model=None if described is None else ModelRecord(write=model, **described),
        curves={key: [float(each) for each in values] for key, values in content["curves"].items()},
        parent=content["parent"],
        experiment_id=content.get("experiment_id", ""),
        above=content.get("above", ""),
        about=content.get("about", ""),
    )
