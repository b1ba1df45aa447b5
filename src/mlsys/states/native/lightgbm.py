"""LightGBM: the booster as its text model, wrappers by their attributes."""

from __future__ import annotations

from typing import Any

from mlsys.states.native.form import NativeForm, plain, wrapper

_ALL_TREES = -1
"""Trees after the best iteration are kept, as they are in memory."""


def _text(booster: Any) -> str:
    return str(booster.model_to_string(num_iteration=_ALL_TREES))


def _write(booster: Any) -> tuple[dict[str, Any], bytes]:
    facts = {"best_iteration": booster.best_iteration, "best_score": plain(booster.best_score)}
    return facts, _text(booster).encode()


def _read(kind: type, facts: dict[str, Any], content: bytes) -> Any:
    booster = kind(model_str=content.decode())
    booster.best_iteration = facts["best_iteration"]
    booster.best_score = facts["best_score"]
    return booster


def _content(booster: Any) -> Any:
    trees, _, _ = _text(booster).partition("\nparameters:")  # these name the number of threads
    return trees, booster.pandas_categorical, booster.best_iteration


LIGHTGBM = NativeForm(("lightgbm.basic.Booster",), "txt", _write, _read, _content)
LIGHTGBM_WRAPPER = wrapper(
    tuple(f"lightgbm.sklearn.{name}" for name in ("LGBMClassifier", "LGBMModel", "LGBMRanker", "LGBMRegressor")),
    dict,
)
