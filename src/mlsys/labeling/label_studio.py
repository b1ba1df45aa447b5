"""Label Studio: votes from its JSON export, and tasks for it, with texts redacted before they leave."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mlsys.errors import DataError
from mlsys.labeling.votes import Votes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PERSONAL = {
    "email": r"[\w.+-]+@[\w-]+\.[\w.-]+",
    "link": r"https?://\S+|www\.\S+",
    "card": r"\b(?:\d[ -]?){13,19}\b",
    "phone": r"(?<!\w)\+?\d[\d ()/-]{7,}\d\b",
}
"""What :func:`redacted` replaces by default, in this order."""


def read_label_studio(source: str | Path | Sequence[Mapping[str, Any]], id: str = "") -> Votes:
    """Return the votes of an export of Label Studio in JSON.

    Parameters
    ----------
    source : path, text or list
        The exported file, or the tasks that it holds.
    id : str
        Key in each task's ``data`` with the id of the row; by default the task's own ``id``.

    Returns
    -------
    Votes
        Of annotations that were not cancelled: source ``completed_by``, kind annotator, gold where ``ground_truth`` is
        set; of predictions: source and version ``model_version``, kind model.

    Raises
    ------
    DataError
        If the export is not JSON of tasks, a task has no such id, or a result holds no single class.

    Notes
    -----
    Results of type ``choices`` with one choice are read, others (spans, boxes, several choices) are refused rather than
    left out. Results without any value, such as a skipped question, are no votes.
    """
    rows: list[dict[str, Any]] = []
    for number, task in enumerate(_tasks(source)):
        item = task.get("data", {}).get(id) if id else task.get("id")
        if item is None:
            raise DataError(f"task {number} has no {id or 'id'!r}", "name a key of each task's data in id=")
        for each in task.get("annotations", ()):
            label = None if each.get("was_cancelled") else _choice(each, item)
            if label is not None:
                rows.append(_row(item, _who(each.get("completed_by")), "annotator", "", label, each)
                            | {"gold": bool(each.get("ground_truth"))})  # fmt: skip
        for each in task.get("predictions", ()):
            label, version = _choice(each, item), str(each.get("model_version") or "")
            if label is not None:
                rows.append(_row(item, version or "model", "model", version, label, each) | {"gold": False})
    if not rows:
        raise DataError("the export holds no annotation and no prediction", "export tasks with annotations as JSON")
    table = pd.DataFrame(rows)
    table["time"] = pd.to_datetime(table["time"], utc=True, format="ISO8601").dt.tz_localize(None)
    return Votes(table)


def to_label_studio(
    frame: pd.DataFrame,
    columns: Sequence[str],
    votes: Votes | None = None,
    redact: Callable[[str], str] | None = None,
    question: tuple[str, str] = ("label", "text"),
) -> list[dict[str, Any]]:
    """Return rows as tasks for Label Studio, with earlier votes as annotations and predictions.

    Parameters
    ----------
    frame : DataFrame
        The rows; the index holds their ids, which are written as ``data["row"]``.
    columns : list of str
        Columns that annotators see; nothing else leaves.
    votes : Votes, optional
        Earlier votes: those of annotators become annotations, others predictions.
    redact : callable, optional
        What each text becomes before it is written; by default :func:`redacted`.
    question : tuple of str
        ``from_name`` and ``to_name`` of the labelling interface.

    Returns
    -------
    list of dict
        Write it with ``json.dump``. :func:`read_label_studio` with ``id="row"`` reads it back.
    """
    clean = redacted if redact is None else redact
    by_item = {} if votes is None else dict(list(votes.table.groupby("item", sort=False)))
    tasks = []
    shown = frame[list(columns)]
    for item, row in zip(frame.index.tolist(), shown.to_dict("records"), strict=True):
        data = {str(name): clean(value) if isinstance(value, str) else _plain(value) for name, value in row.items()}
        task: dict[str, Any] = {"data": {"row": item, **data}, "annotations": [], "predictions": []}
        for each in by_item[item].to_dict("records") if item in by_item else ():
            result = [{"type": "choices", "from_name": question[0], "to_name": question[1],
                       "value": {"choices": [str(each["label"])]}}]  # fmt: skip
            when = None if pd.isna(each["time"]) else f"{each['time'].isoformat()}Z"
            if each["kind"] == "annotator":
                made = {"completed_by": each["source"], "ground_truth": each["gold"], "was_cancelled": False}
                task["annotations"].append({**made, "created_at": when, "result": result})
            else:
                version = each["version"] or each["source"]
                task["predictions"].append({"model_version": version, "created_at": when, "result": result})
        tasks.append(task)
    return tasks


def redacted(text: str) -> str:
    """Replace addresses, links, card and phone numbers by what they are.

    Notes
    -----
    A list of patterns finds no names and no postal addresses: look at what you send, or give a function of your own.

    Examples
    --------
    >>> redacted("write to ann@example.org or call +44 20 7946 0958")
    'write to <email> or call <phone>'
    """
    for name, pattern in PERSONAL.items():
        text = re.sub(pattern, f"<{name}>", text)
    return text


def _tasks(source: Any) -> list[Any]:
    if isinstance(source, (str, Path)):
        try:
            source = json.loads(Path(source).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{source} is not a readable JSON file: {error}", "export tasks as JSON") from None
    if not isinstance(source, (list, tuple)) or not all(isinstance(each, dict) for each in source):
        raise DataError(
            f"the export is {type(source).__name__}, not a list of tasks", "export as JSON, not as JSON-MIN"
        )
    return list(source)


def _choice(annotation: Any, item: Any) -> Any:
    """Return the class of an annotation, ``None`` where nothing was chosen."""
    chosen: list[Any] = []
    for each in annotation.get("result", ()):
        if each.get("type") != "choices":
            raise DataError(
                f"item {item!r} has a result of type {each.get('type')!r}", "export a task whose question is one choice"
            )
        chosen += each.get("value", {}).get("choices", ())
    if len(chosen) > 1:
        raise DataError(
            f"item {item!r} has several choices: {chosen}", "votes are for one class each; ask one question"
        )
    return chosen[0] if chosen else None


def _row(item: Any, source: str, kind: str, version: str, label: Any, given: Any) -> dict[str, Any]:
    return {"item": item, "source": source, "kind": kind, "version": version, "label": label,
            "time": given.get("created_at")}  # fmt: skip


def _who(completed_by: Any) -> str:
    """Return the annotator: a number, or a mapping with more about the person."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("email") or completed_by.get("id"))
    return str(completed_by)


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if pd.isna(value):
        return None
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return str(value)
    return value.item() if hasattr(value, "item") else value
