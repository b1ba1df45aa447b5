"""Pairs of columns, words and codes of some rows that tell the target are found; their honest likes are not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_blobs

from mlsys import OneHot, Pipeline, StratifiedSplit
from mlsys.dataset import Roles, Rows
from mlsys.errors import Finding
from mlsys.leakage.codes import code_findings
from mlsys.leakage.power import feature_power
from mlsys.leakage.together import together_findings
from mlsys.leakage.tokens import token_findings


def together(frame: pd.DataFrame, target: str = "y") -> list[Finding]:
    names = list(frame.columns.drop(target))
    return together_findings(frame, names, target, feature_power(Rows.of(frame, Roles(target=target), tuple(names))))


def base(generator: np.random.Generator, rows: int = 1_600) -> pd.DataFrame:
    frame = pd.DataFrame({"age": generator.normal(50, 12, rows), "plan": generator.choice(["a", "b", "c"], rows)})
    return frame.assign(y=(generator.random(rows) < 1 / (1 + np.exp(-(frame["age"] - 52) / 15))).astype(int))


# --- pairs ---

Pair = Callable[[pd.Series, np.random.Generator], tuple[object, object]]


def coins(y: pd.Series, generator: np.random.Generator) -> tuple[object, object]:
    coin = generator.integers(0, 2, len(y))
    return coin, coin ^ y.to_numpy()


def words(y: pd.Series, generator: np.random.Generator) -> tuple[object, object]:
    one, other = coins(y, generator)
    return np.where(np.asarray(one) == 1, "north", "south"), np.where(np.asarray(other) == 1, "late", None)


def clock(y: pd.Series, generator: np.random.Generator) -> tuple[object, object]:
    hand = generator.integers(0, 6, len(y))
    return hand, (hand + y.to_numpy() * 3) % 6


def parted(y: pd.Series, generator: np.random.Generator) -> tuple[object, object]:
    kind = np.where(y == 1, 0, generator.integers(1, 3, len(y)))
    return kind == 1, kind == 2


@pytest.mark.parametrize("pair", [coins, words, clock, parted])
def test_two_columns_that_are_the_outcome_together_are_named(pair: Pair, rng: np.random.Generator) -> None:
    frame = base(rng)
    frame["desk"], frame["queue"] = pair(frame["y"], rng)
    (finding,) = together(frame)
    assert (finding.code, finding.severity, set(finding.columns)) == ("LK223", "warning", {"desk", "queue"})
    assert together(frame.assign(queue=rng.permutation(frame["queue"]))) == []


@pytest.mark.parametrize(
    ("made", "called"),
    [
        (lambda a, b: a > b, "spent - budget"),
        (lambda a, b: a * b > 2_500, "spent * budget"),
        (lambda a, b: a / b > 1.5, "spent / budget"),
        (lambda a, b: a + b > 110, "spent + budget"),
    ],
)
def test_numbers_that_define_a_class_are_asked_about(
    made: Callable[[pd.Series, pd.Series], pd.Series], called: str, rng: np.random.Generator
) -> None:
    frame = pd.DataFrame(rng.uniform(10, 100, (3_000, 2)), columns=["spent", "budget"])
    frame = frame.assign(age=rng.normal(size=3_000), y=made(frame["spent"], frame["budget"]))
    (finding,) = together(frame)
    assert finding.severity == "information" and set(finding.columns) == {"spent", "budget"}
    assert called.split()[1] in finding.message or called.startswith("spent -")  # a > b is a / b > 1 as well


def test_pairs_of_honest_tables_are_not_accused(rng: np.random.Generator) -> None:
    for load in (load_iris, load_breast_cancer):
        assert together(load(as_frame=True).frame, "target") == []
    for seed in range(5):
        values, y = make_blobs(400, 4, centers=2, random_state=seed, center_box=(-3, 3))
        assert "warning" not in {f.severity for f in together(pd.DataFrame(values).add_prefix("x").assign(y=y))}
    for _ in range(20):
        table = pd.DataFrame(rng.integers(0, 5, (300, 12))).add_prefix("x").assign(y=rng.integers(0, 2, 300))
        assert together(table) == []


# --- words ---

WORDS = np.array("we had a call about the bill and the client was not sure what to do next week".split())


def notes(rows: int, generator: np.random.Generator) -> pd.Series:
    return pd.Series([" ".join(generator.choice(WORDS, 8)) for _ in range(rows)])


@pytest.mark.parametrize("share", [0.8, 1.0])
@pytest.mark.parametrize("where", ["{note} refunded.", "REFUNDED: {note}", "{note}_refunded_7"])
def test_a_word_that_names_the_outcome_is_found(share: float, where: str, rng: np.random.Generator) -> None:
    frame = base(rng, 800)
    named = (frame["y"] == 1) & (rng.random(800) < share)
    honest = notes(800, rng)
    texts = [where.format(note=note) if told else note for note, told in zip(honest, named, strict=True)]
    (finding,) = token_findings(frame.assign(note=texts), ["age", "note"], "y")
    assert (finding.code, finding.severity, finding.columns) == ("LK224", "warning", ("note",))
    assert "'refunded'" in finding.message
    assert token_findings(frame.assign(note=honest), ["age", "note"], "y") == []


def test_a_word_of_one_class_only_is_asked_about(rng: np.random.Generator) -> None:
    frame = base(rng, 1_000)
    named = (frame["y"] == 1) & (rng.random(1_000) < 0.5)
    frame["note"] = notes(1_000, rng).where(~named, lambda each: each + " refunded")
    (finding,) = token_findings(frame, ["note"], "y")
    assert finding.severity == "information" and "'refunded'" in finding.message


@pytest.mark.parametrize("classes", [1, 3])
def test_names_of_files_that_hold_the_class_are_found(classes: int, rng: np.random.Generator) -> None:
    kinds = np.array(["cat", "dog", "owl"])
    y = rng.integers(0, 3, 900)
    named = np.where(y < classes, kinds[y], "img")
    frame = pd.DataFrame({"file": [f"{kind}_{number:05d}.png" for number, kind in enumerate(named)], "y": kinds[y]})
    (finding,) = token_findings(frame, ["file"], "y")
    assert finding.severity == ("warning" if classes > 1 else "information")


# --- codes ---


def closing(frame: pd.DataFrame, share: float, generator: np.random.Generator) -> pd.Series:
    code = np.where(
        frame["y"] == 1, generator.choice(["C1", "C2"], len(frame)), generator.choice(["S1", "S2"], len(frame))
    )
    return pd.Series(np.where(generator.random(len(frame)) < share, code, None), index=frame.index)


@pytest.mark.parametrize("rest", [None, "open"])
def test_codes_that_are_filled_in_for_a_third_are_found(rest: str | None, rng: np.random.Generator) -> None:
    frame = base(rng)
    code = closing(frame, 0.35, rng).fillna(rest) if rest else closing(frame, 0.35, rng)
    (finding,) = code_findings(frame.assign(code=code), ["plan", "code"], "y")
    assert (finding.code, finding.severity, finding.columns) == ("LK225", "warning", ("code",))
    assert code_findings(frame.assign(code=rng.permutation(code)), ["plan", "code"], "y") == []
    assert code_findings(frame.assign(code=code), ["plan", "code"], "y", told=["code"]) == []


def test_regions_of_which_two_are_pure_are_asked_about(rng: np.random.Generator) -> None:
    frame = base(rng, 3_000)
    region = np.where(rng.random(3_000) < 0.2, np.where(frame["y"] == 1, 10, 11), rng.integers(0, 8, 3_000))
    (finding,) = code_findings(frame.assign(region=pd.Series(region).astype(str)), ["region"], "y")
    assert finding.severity == "information"


def test_levels_of_one_class_alone_prove_nothing(rng: np.random.Generator) -> None:
    frame = base(rng)
    code = np.where((frame["y"] == 1) & (rng.random(len(frame)) < 0.3), "C1", rng.choice(["x", "z"], len(frame)))
    assert code_findings(frame.assign(code=code), ["code"], "y") == []


def test_a_run_tells_them_all(rng: np.random.Generator) -> None:
    frame = base(rng)
    frame["desk"], frame["queue"] = coins(frame["y"], rng)
    frame["code"] = closing(frame, 0.3, rng).fillna("none")
    steps = [StratifiedSplit(), OneHot(["plan", "code"])]
    run = Pipeline(steps, target="y").run(frame, track=False, cache=False)
    told = {finding.code: set(finding.columns) for finding in run.findings if finding.severity == "warning"}
    assert told["LK223"] == {"desk", "queue"} and told["LK225"] == {"code"}
