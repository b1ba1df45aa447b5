"""Rounding is told from leaks: last bits may move, statistics of other rows may not, however small they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from mlsys import Derive, Pipeline, StratifiedSplit
from mlsys.leakage.rounding import Rounding
from mlsys.leakage.row_check import row_local_finding

PARTS = [f"part{number}" for number in range(7)]


def invoices(rows: int = 1_500, seed: int = 128) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(generator.gamma(2, 10, (rows, 7)), columns=PARTS)
    extra = np.where(generator.random(rows) < 0.1, generator.gamma(2, 4, rows), 0.0)
    frame["total"] = frame[PARTS].to_numpy() @ np.ones(7) + extra
    frame["count"] = generator.poisson(3, rows)
    frame["audited"] = np.where(generator.random(rows) < 1 / (1 + np.exp(2 - 0.02 * frame["total"])), "yes", "no")
    return frame


Function = Callable[[pd.DataFrame], pd.Series]

ROW_LOCAL: dict[str, Function] = {
    "what is left of a total": lambda g: g["total"] - g[PARTS].to_numpy() @ np.ones(7),
    "what is left, as a share": lambda g: (g["total"] - g[PARTS].to_numpy() @ np.ones(7)) / g["total"],
    "whether anything is left": lambda g: (g["total"] - g[PARTS].to_numpy() @ np.ones(7)) > 0,
    "a mean of all numbers": lambda g: g.mean(axis=1, numeric_only=True),
    "a spread of all numbers": lambda g: g.std(axis=1, numeric_only=True),
    "a sum in single precision": lambda g: pd.Series(
        g[PARTS].to_numpy(dtype="float32") @ np.ones(7, dtype="float32"), index=g.index
    ),
    "a distance by squares": lambda g: pd.Series(
        np.sqrt(np.abs((g[PARTS] ** 2).sum(axis=1) - 2 * g[PARTS].prod(axis=1) ** 0 * (g[PARTS] ** 2).sum(axis=1) / 2)),
        index=g.index,
    ),
    "a logarithm of a ratio": lambda g: np.log(g["part0"] / g["part1"]),
}

LEAKY: dict[str, Function] = {
    "what is left, less its mean": lambda g: (r := g["total"] - g[PARTS].to_numpy() @ np.ones(7)) - r.mean(),
    "a mean of all rows": lambda g: g["total"] - g["total"].mean(),
    "a millionth of a mean of all rows": lambda g: g["total"] + 1e-6 * g["total"].mean(),
    "a rank": lambda g: g["total"].rank(pct=True),
    "a largest value": lambda g: g["total"] / g["total"].max(),
    "whether in the upper fifth": lambda g: g["total"] > g["total"].quantile(0.8),
    "a mean of equal counts": lambda g: g.groupby("count")["total"].transform("mean"),
    "codes in order of appearance": lambda g: pd.Series(pd.factorize(g["count"])[0], index=g.index),
}


def told(one: Function) -> tuple[list[str], str]:
    """Codes of findings, and the verdict of the audit."""
    frame, features = invoices(), ["z", "part0"]
    steps = [Derive({"z": one}), StratifiedSplit(), LogisticRegression(max_iter=2_000)]
    run = Pipeline(steps, target="audited", features=features).run(frame, track=False, cache=False)
    verdict = run.audit_leakage().verdict
    return [finding.code for finding in run.findings if finding.severity == "error"], verdict


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("name", ROW_LOCAL)
def test_what_a_row_says_of_itself_is_not_accused_for_its_last_bits(name: str) -> None:
    assert told(ROW_LOCAL[name]) == ([], "not observed")


@pytest.mark.quick("a millionth of a mean of all rows", "a rank", "codes in order of appearance")
@pytest.mark.parametrize("name", LEAKY)
def test_what_rows_say_of_others_is_accused_however_small_it_is(name: str) -> None:
    codes, verdict = told(LEAKY[name])
    assert verdict == "violated"
    assert "LK301" in codes


def test_a_function_of_one_row_is_asked_about_numbers_of_every_kind() -> None:
    frame = pd.DataFrame(
        {
            "wide": [1e9 + 0.1, 2e9 + 0.3],
            "narrow": pd.array([0.1, 0.2], dtype="Float64"),
            "single": np.array([0.1, 0.3], dtype="float32"),
            "whole": [3, 7],
            "text": ["a", "b"],
        }
    )

    def apply(rows: pd.DataFrame) -> pd.DataFrame:
        third = rows["whole"] / 3 + rows["wide"] - rows["wide"] + rows["narrow"].astype(float) + rows["single"]
        return rows.assign(z=third)

    made = apply(frame)
    assert row_local_finding(apply, frame, made, ["z"], "step") is None
    moved = made.assign(z=made["z"] + 1e-3)
    assert row_local_finding(apply, frame, moved, ["z"], "step") is not None


@given(st.integers(0, 2**32 - 1), st.floats(-8, 0))
@settings(max_examples=40, deadline=None)
def test_sums_in_any_order_are_explained_and_larger_differences_are_not(seed: int, size: float) -> None:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(generator.normal(0, 10 ** generator.uniform(-6, 6, 12), (30, 12))).add_prefix("x")

    def rest(rows: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"z": rows.sum(axis=1) - rows["x0"]})

    made = rest(frame)
    shuffled = frame[[f"x{place}" for place in generator.permutation(12)]]
    other = shuffled.sum(axis=1) - shuffled["x0"]
    rounding = Rounding(rest, frame, made)
    assert rounding.explains(made["z"], other.rename("z")).all()
    largest = frame.abs().max(axis=1)
    assert not rounding.explains(made["z"], made["z"] + largest * 10**size).any()


def test_vectors_of_single_precision_are_compared_but_for_rounding() -> None:
    vectors = [np.arange(4, dtype="float32") + 0.1, np.ones(4, dtype="float32")]
    frame = pd.DataFrame({"v": vectors})
    other = pd.Series([vectors[0] * np.float32(1 + 1e-7), vectors[1] + np.float32(0.01)], name="v")
    assert Rounding(lambda rows: rows, frame, frame).explains(frame["v"], other).tolist() == [True, False]
