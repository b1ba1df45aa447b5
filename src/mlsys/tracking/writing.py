"""Writing the parts of a run by its id; whatever is written twice is there once."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mlsys.passing import SENDING, passed
from mlsys.tracking.keys import LONGEST_PARAMETER, LONGEST_TAG, MOST_PARAMETERS, clean, finite, shortened, valid_keys
from mlsys.tracking.reach import Clock
from mlsys.tracking.record import DatasetRecord

if TYPE_CHECKING:
    from mlflow import MlflowClient

METRICS_AT_ONCE = 1_000
OTHERS_AT_ONCE = 100
BYTES_AT_ONCE = 500_000
"""MLflow takes requests of a million bytes; text in them can grow sixfold when it is quoted."""
LONGEST_SCHEMA = 1_048_575
LONGEST_SOURCE = 65_535
LONGEST_NAME = 500
LONGEST_DIGEST = 36
Item = TypeVar("Item")


class RunWriter:
    """Writes to one MLflow run, in batches.

    Parameters
    ----------
    client : MlflowClient
        Of the store.
    run_id : str
        MLflow's id of the run.
    clock : Clock
        Looked at before each request.

    Attributes
    ----------
    problems : list of str
        What is written in another form than asked for, one sentence each.
    whole : dict
        Texts that MLflow has no room for, in full.
    """

    def __init__(self, client: MlflowClient, run_id: str, clock: Clock) -> None:
        self.client = client
        self.run_id = run_id
        self.clock = clock
        self.problems: list[str] = []
        self.whole: dict[str, str] = {}

    def metrics(
        self,
        values: Mapping[str, float],
        at: float,
        model_id: str | None = None,
        judges: Mapping[str, DatasetRecord] | None = None,
    ) -> dict[str, str]:
        """Write numbers; return tags that say what those are that MLflow has no number for.

        ``judges`` are the parts of the data by name: ``"validation/roc_auc"`` is tied to the validation rows.
        """
        from mlflow.entities import Metric

        numbers, others = finite(values, self.problems)
        keys, when = valid_keys(numbers, self.problems), int(at * 1000)
        points = []
        for key, value in numbers.items():
            of = (judges or {}).get(key.partition("/")[0]) if model_id else None
            name, digest = (None, None) if of is None else (_name(of), _digest(of))
            points.append(Metric(keys[key], value, when, 0, model_id, name, digest))
        self._batches(points, METRICS_AT_ONCE, "metrics")
        return others

    def params(self, values: Mapping[str, Any]) -> None:
        """Write short settings; long ones are cut, and those beyond a hundred left out, with the whole in a file."""
        from mlflow.entities import Param

        keys = valid_keys(values, self.problems)
        shown = list(values)[:MOST_PARAMETERS]
        if len(values) > len(shown):
            left = len(values) - len(shown)
            self.problems.append(f"{left} parameters beyond the first {len(shown)} are only in whole_values.json")
            self.whole.update({key: str(value) for key, value in list(values.items())[len(shown) :]})
        params = [Param(keys[key], self._fitting(key, values[key], LONGEST_PARAMETER)) for key in shown]
        self._batches(params, OTHERS_AT_ONCE, "params")

    def tags(self, values: Mapping[str, str]) -> None:
        """Write texts."""
        from mlflow.entities import RunTag

        keys = valid_keys(values, self.problems)
        tags = [RunTag(keys[key], self._fitting(key, value, LONGEST_TAG)) for key, value in values.items()]
        self._batches(tags, OTHERS_AT_ONCE, "tags")

    def curves(self, curves: Mapping[str, Sequence[float]], at: float) -> None:
        """Write losses by iteration; those that are not finite, which a chart has no place for, are named."""
        from mlflow.entities import Metric

        keys, when = valid_keys(curves, self.problems), int(at * 1000)
        points = []
        for name, values in curves.items():
            points += [Metric(keys[name], v, when, step) for step, v in enumerate(values) if math.isfinite(v)]
            odd = {str(step): repr(v) for step, v in enumerate(values) if not math.isfinite(v)}
            if odd:
                self.problems.append(f"the curve {name!r} is not finite at {len(odd)} of {len(values)} iterations")
                self.whole[name] = json.dumps(odd)
        self._batches(points, METRICS_AT_ONCE, "metrics")

    def datasets(self, datasets: Sequence[DatasetRecord]) -> None:
        """Write each part with our digest: MLflow's own covers 10,000 rows and takes seconds."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = []
        for each in datasets:
            dataset = Dataset(
                name=_name(each),
                digest=_digest(each),
                source_type="local",
                source=json.dumps({"uri": each.source[: LONGEST_SOURCE // 8]}),
                schema=self._schema(each),
                profile=json.dumps({"num_rows": each.rows, "num_elements": each.rows * len(each.columns)}),
            )
            inputs.append(DatasetInput(dataset, [InputTag("mlflow.data.context", each.context)]))
        if inputs:
            self.clock.check()
            self.client.log_inputs(self.run_id, inputs)

    def _schema(self, dataset: DatasetRecord) -> str:
        columns = [{"name": n, "type": _spec(k), "required": False} for n, k in dataset.columns.items()]
        schema = json.dumps({"mlflow_colspec": columns})
        if len(schema) <= LONGEST_SCHEMA:
            return schema
        fit = int(len(columns) * LONGEST_SCHEMA / len(schema) / 2)
        self.problems.append(f"{fit} of {len(columns):,} columns of {dataset.name!r} are in its schema")
        self.whole[f"columns of {dataset.name}"] = json.dumps(dict(dataset.columns))
        return json.dumps({"mlflow_colspec": columns[:fit]})

    def artifacts(self, folder: Path) -> None:
        """Write files."""
        self.clock.upload(folder, lambda path, inside: self.client.log_artifact(self.run_id, path, inside))

    def differences(self, suffix: str = "") -> None:
        """Write what could not be written as asked, and texts that were cut, as artifacts."""
        if not self.problems and not self.whole:
            return
        with passed(SENDING) as folder:  # MLflow's own temporary files would outlive a killed process
            if self.problems:
                (folder / f"written_differently{suffix}.txt").write_text("\n".join(self.problems), encoding="utf-8")
            if self.whole:
                text = json.dumps(self.whole, indent=2, ensure_ascii=False)
                (folder / f"whole_values{suffix}.json").write_text(text, encoding="utf-8")
            for path in sorted(folder.glob("w*")):
                self.clock.check()
                self.client.log_artifact(self.run_id, str(path))

    def _fitting(self, key: str, value: object, longest: int) -> str:
        text = clean(str(value), key, self.problems)
        if len(text) > longest:
            self.whole[key] = text
        return shortened(text, longest)

    def _batches(self, items: Sequence[Any], most: int, kind: str) -> None:
        for chunk in chunks(items, most):
            self.clock.check()
            if kind == "metrics":
                self.client.log_batch(self.run_id, metrics=chunk)
            elif kind == "params":
                self.client.log_batch(self.run_id, params=chunk)
            else:
                self.client.log_batch(self.run_id, tags=chunk)


def _name(dataset: DatasetRecord) -> str:
    return dataset.name[:LONGEST_NAME]


def _digest(dataset: DatasetRecord) -> str:
    return dataset.digest[:LONGEST_DIGEST]


def chunks(items: Sequence[Item], most: int) -> Iterator[list[Item]]:
    """Yield items in order, so many at once and not too long together.

    Examples
    --------
    >>> [len(chunk) for chunk in chunks(range(250), 100)]
    [100, 100, 50]
    """
    chunk: list[Item] = []
    size = 0
    for item in items:
        length = len(str(getattr(item, "value", "")).encode("utf-8"))
        if chunk and (len(chunk) == most or size + length > BYTES_AT_ONCE):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length
    if chunk:
        yield chunk


def _spec(kind: str) -> str:
    if kind.startswith("datetime"):
        return "datetime"
    if kind in {"bool", "boolean"}:
        return "boolean"
    return {"i": "long", "u": "long", "f": "double", "I": "long", "F": "double"}.get(kind[:1], "string")
