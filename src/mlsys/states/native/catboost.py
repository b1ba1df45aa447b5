"""CatBoost: the model as its binary file, and the parameters it was made with."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from mlsys.states.native.form import NativeForm, plain

_MADE_ANEW = "model_info"
"""Part of a model's file that holds the time of training and an identifier."""


def _saved(model: Any, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save_model(str(path), format=kind)
        return path.read_bytes()


def _write(model: Any) -> tuple[dict[str, Any], bytes | None]:
    facts = {"parameters": plain(model._init_params)}
    return facts, _saved(model, "cbm") if model.is_fitted() else None


def _read(kind: type, facts: dict[str, Any], content: bytes) -> Any:
    model = kind(**facts["parameters"])
    if content:
        model.load_model(blob=content)
        model._init_params = dict(facts["parameters"])  # the file holds the parameters of training in another form
    return model


def _content(model: Any) -> Any:
    speed = {"thread_count", "verbose", "logging_level", "silent", "allow_writing_files", "train_dir"}
    parameters = {name: value for name, value in plain(model._init_params).items() if name not in speed}
    if not model.is_fitted():
        return parameters, None
    trees = json.loads(_saved(model, "json"))
    return parameters, {name: part for name, part in trees.items() if name != _MADE_ANEW}


CATBOOST = NativeForm(
    tuple(
        f"catboost.core.{name}" for name in ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor")
    ),
    "cbm",
    _write,
    _read,
    _content,
)
