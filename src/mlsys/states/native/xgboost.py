"""XGBoost: the booster as UBJSON, wrappers by their attributes."""

from __future__ import annotations

import json
from typing import Any

from mlsys.states.native.form import NativeForm, wrapper


def _raw(booster: Any) -> bytes:
    return bytes(booster.save_raw("ubj"))


def _write(booster: Any) -> tuple[dict[str, Any], bytes]:
    threads = json.loads(booster.save_config())["learner"]["generic_param"]["nthread"]
    return {"nthread": threads}, _raw(booster)


def _read(kind: type, facts: dict[str, Any], content: bytes) -> Any:
    booster = kind({"nthread": int(facts["nthread"])})
    booster.load_model(bytearray(content))
    return booster


XGBOOST = NativeForm(("xgboost.core.Booster",), "ubj", _write, _read, _raw)
XGBOOST_WRAPPER = wrapper(
    tuple(
        f"xgboost.sklearn.{name}"
        for name in ("XGBClassifier", "XGBModel", "XGBRFClassifier", "XGBRFRegressor", "XGBRanker", "XGBRegressor")
    ),
    dict,
)
