"""Each finding fires on a small leaky case, names step and column, and is silent on the clean twin of the case."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import (
    Derive,
    Gate,
    GroupSplit,
    NaturalLabel,
    Pipeline,
    PredefinedSplit,
    RandomSplit,
    Rows,
    RowTransform,
    Run,
    TimeSplit,
    Transform,
    WeakLabel,
    labeling_function,
)
from mlsys.errors import Finding, TrackingError
from mlsys.outcome.findings import leakage_verdict

ROOT = Path(__file__).parents[2]
TREE = DecisionTreeClassifier(max_depth=3)
SPLIT = RandomSplit(validation=0.3, test=0.2)


def visits() -> pd.DataFrame:
    """600 made-up visits of 120 patients, a little of the outcome in two columns, none in the third."""
    generator = np.random.default_rng(17)
    rows = 600
    age, pulse = generator.normal(50, 15, rows), generator.normal(70, 10, rows)
    chance = 1 / (1 + np.exp(-(0.04 * (age - 50) + 0.05 * (pulse - 70))))
    return pd.DataFrame(
        {
            "age": age,
            "pulse": np.where(generator.random(rows) < 0.05, np.nan, pulse),
            "weekday": generator.integers(0, 7, rows),
            "patient": np.arange(rows) % 120,
            "visit": [f"v{number}" for number in range(rows)],
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(rows), "h"),
            "ill": generator.random(rows) < chance,
        }
    )


def run(frame: pd.DataFrame, *steps: object, **arguments: object) -> Run:
    given: dict[str, object] = {"target": "ill", "exclude": ["patient", "visit", "seen"], **arguments}
    return Pipeline([*steps, TREE], **given).run(frame, track=False)  # type: ignore[arg-type]


class Ranked(RowTransform):
    """The rank of a value among all rows: another one for the row alone."""

    column: str

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        return frame.assign(rank=frame[self.column].rank(pct=True))


class RankedByTraining(Transform):
    """The share of training rows below the value: the same for the row alone."""

    column: str

    def learn(self, train: Rows) -> list[float]:
        return sorted(train[self.column].dropna().tolist())

    def apply(self, frame: pd.DataFrame, state: list[float], /) -> pd.DataFrame:
        return frame.assign(rank=np.searchsorted(np.array(state), frame[self.column]) / len(state))


def centred(frame: pd.DataFrame) -> pd.Series:
    return frame["age"] - frame["age"].mean()


def centred_at_fifty(frame: pd.DataFrame) -> pd.Series:
    return frame["age"] - 50


def quarter(frame: pd.DataFrame) -> pd.Series:
    return pd.qcut(frame["age"], 4, labels=False)


def quarter_by_bounds(frame: pd.DataFrame) -> pd.Series:
    return pd.cut(frame["age"], [-np.inf, 40, 50, 60, np.inf], labels=False)


@labeling_function(on="pulse", votes=True)
def racing(pulse: pd.Series) -> pd.Series:
    return pulse > 75


@labeling_function(on="pulse", votes=False)
def calm(pulse: pd.Series) -> pd.Series:
    return pulse <= 75


RULES = WeakLabel("weak", [racing, calm])


def told_after(frame: pd.DataFrame, noise: float) -> pd.DataFrame:
    """A column that is written after the outcome is known, with a little noise."""
    generator = np.random.default_rng(23)
    return frame.assign(discharge=frame["ill"] * 1.0 + generator.normal(0, noise, len(frame)))


def missing_for_the_ill(frame: pd.DataFrame) -> pd.DataFrame:
    """A column that nobody fills in for those who turn out ill."""
    weight = np.random.default_rng(29).normal(70, 8, len(frame))
    return frame.assign(discharge_weight=np.where(frame["ill"], np.nan, weight))


def twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame], ignore_index=True)


def parted(frame: pd.DataFrame) -> pd.DataFrame:
    """The part of each row as somebody else chose it: every seventh row is judged."""
    return frame.assign(part=np.where(np.arange(len(frame)) % 7 == 0, "validation", "train"))


def numbered_by_outcome(frame: pd.DataFrame) -> pd.DataFrame:
    """Visits numbered first for the healthy, then for most of the ill."""
    order = frame["ill"] + np.random.default_rng(31).normal(0, 0.5, len(frame))
    return frame.assign(number=order.rank().astype(int))


def with_noisy_copies(frame: pd.DataFrame) -> pd.DataFrame:
    """Every second visit again, its numbers a little different."""
    generator, copies = np.random.default_rng(37), frame[::2]
    noise = {name: copies[name] + generator.normal(0, 1e-4, len(copies)) for name in ("age", "pulse")}
    return pd.concat([frame, copies.assign(**noise)], ignore_index=True)


def labelled_again(frame: pd.DataFrame) -> pd.DataFrame:
    """All visits in the training rows; some come again to be judged, with the other label."""
    again = pd.concat([frame, frame[:200].assign(ill=~frame["ill"][:200])], ignore_index=True).assign(bed=1)
    return again.assign(part=["train"] * len(frame) + ["validation"] * 200)


def parted_by_time(frame: pd.DataFrame) -> pd.DataFrame:
    """The last fifth is judged."""
    return frame.assign(part=np.where(np.arange(len(frame)) < 480, "train", "validation"))


def read_from_two_files(frame: pd.DataFrame) -> pd.DataFrame:
    """The judged rows come from a file in which the pulse is counted in another unit."""
    judged = SPLIT.split(frame, target="ill")["validation"].index
    return frame.assign(pulse=frame["pulse"].where(~frame.index.isin(judged), frame["pulse"] / 60))


MANY_DIGITS = np.float64(0.6180339887498949)


def with_a_mean(frame: pd.DataFrame) -> Run:
    mean = frame["age"].mean()
    return run(frame, Derive({"centred": lambda f: f["age"] - mean}), SPLIT)


def with_a_mean_of_training(frame: pd.DataFrame) -> Run:
    mean = SPLIT.split(frame, target="ill")["train"]["age"].mean()
    return run(frame, Derive({"centred": lambda f: f["age"] - mean}), SPLIT)


def with_the_frame(frame: pd.DataFrame) -> Run:
    return run(frame, Derive({"centred": lambda f: f["age"] - frame["age"].mean()}), SPLIT)


def with_a_table(frame: pd.DataFrame) -> Run:
    beds = pd.DataFrame({"weekday": range(7), "beds": [20, 30, 30, 30, 30, 20, 15]}).set_index("weekday")["beds"]
    return run(frame, Derive({"beds": lambda f: f["weekday"].map(beds)}, lookup=[beds]), SPLIT)


@dataclass(frozen=True)
class Case:
    """A leaky run, its clean twin, and what the finding must say."""

    code: str
    leaky: Callable[[pd.DataFrame], Run]
    clean: Callable[[pd.DataFrame], Run]
    severity: str
    columns: tuple[str, ...] = ()
    step: str = ""
    says: tuple[str, ...] = field(default=())


CASES = {
    "a mean over all rows": Case(
        "LK201",
        lambda f: run(f, Derive({"centred": centred}), SPLIT),
        lambda f: run(f, Derive({"centred": centred_at_fifty}), SPLIT),
        "error",
        ("centred",),
        "Derive",
        ("row", "Transform"),
    ),
    "a rank among all rows": Case(
        "LK201",
        lambda f: run(f, Ranked("age"), SPLIT),
        lambda f: run(f, SPLIT, RankedByTraining("age")),
        "error",
        ("rank",),
        "Ranked",
        ("row", "Transform"),
    ),
    "a rank among all rows after the split": Case(
        "LK201",
        lambda f: run(f, SPLIT, Ranked("age")),
        lambda f: run(f, SPLIT, RankedByTraining("age")),
        "error",
        ("rank",),
        "Ranked",
        ("row", "Transform"),
    ),
    "category codes by a plain function": Case(
        "LK201",
        lambda f: run(f, lambda g: g.assign(code=g["patient"].astype("category").cat.codes), SPLIT),
        lambda f: run(f, lambda g: g.assign(code=g["patient"] % 10), SPLIT),
        "error",
        ("code",),
        says=("row", "Transform"),
    ),
    "bins found on all rows": Case(
        "LK202",
        lambda f: run(f, Derive({"quarter": quarter}), SPLIT),
        lambda f: run(f, Derive({"quarter": quarter_by_bounds}), SPLIT),
        "error",
        step="Derive",
        says=("fails on a single row", "make it treat each row independently"),
    ),
    "a column written after the outcome": Case(
        "LK204",
        lambda f: run(told_after(f, 0.15), SPLIT),
        lambda f: run(told_after(f, 3.0), SPLIT),
        "error",
        ("discharge",),
        says=("AUC", "known_at= or exclude="),
    ),
    "a column whose nulls tell the outcome": Case(
        "LK204",
        lambda f: run(missing_for_the_ill(f), SPLIT),
        lambda f: run(missing_for_the_ill(f), SPLIT, exclude=["patient", "visit", "seen", "discharge_weight"]),
        "error",
        ("discharge_weight",),
        says=("AUC", "known_at= or exclude="),
    ),
    "nulls alone tell the outcome": Case(
        "LK206",
        lambda f: run(missing_for_the_ill(f), SPLIT),
        lambda f: run(missing_for_the_ill(f), SPLIT, exclude=["patient", "visit", "seen", "discharge_weight"]),
        "error",
        ("discharge_weight",),
        says=("AUC", "known_at= or exclude="),
    ),
    "a running number that goes with the outcome": Case(
        "LK207",
        lambda f: run(numbered_by_outcome(f), SPLIT),
        lambda f: run(numbered_by_outcome(f), SPLIT, id="number"),
        "warning",
        ("number",),
        says=("counter", "id="),
    ),
    "a number of the day, judged on later days": Case(
        "LK208",
        lambda f: run(f.assign(day=f["seen"].dt.day_of_year), TimeSplit(validation=0.2, test=0.2), time="seen"),
        lambda f: run(f, TimeSplit(validation=0.2, test=0.2), time="seen"),
        "information",
        ("day",),
        says=("exclude=",),
    ),
    "copies with a little noise": Case(
        "LK214",
        lambda f: run(with_noisy_copies(f), SPLIT),
        lambda f: run(f, SPLIT),
        "warning",
        ("age", "pulse"),
        says=("TrainOnly", "group="),
    ),
    "the same case with another label": Case(
        "LK215",
        lambda f: run(labelled_again(f), PredefinedSplit("part")),
        lambda f: run(f.assign(bed=1), SPLIT),
        "warning",
        says=("a different label",),
    ),
    "labels known after the judged rows began": Case(
        "LK216",
        lambda f: run(parted_by_time(f), PredefinedSplit("part"), time="seen", known_at={"ill": "3D"}),
        lambda f: run(f, TimeSplit(validation=0.2, test=0.2), time="seen", known_at={"ill": "3D"}),
        "warning",
        ("ill",),
        says=("TimeSplit",),
    ),
    "parts that come from two files": Case(
        "LK217",
        lambda f: run(read_from_two_files(f), SPLIT),
        lambda f: run(f, SPLIT),
        "warning",
        ("pulse",),
        says=("AUC",),
    ),
    "a mean over all rows in a closure": Case(
        "LK220",
        with_a_mean,
        with_a_mean_of_training,
        "error",
        ("age", "centred"),
        "Derive",
        ("mean", "Transform"),
    ),
    "the frame itself in a closure": Case(
        "LK221", with_the_frame, with_a_table, "error", ("centred",), "Derive", ("frame", "lookup=")
    ),
    "a number that nothing explains": Case(
        "LK222",
        lambda f: run(f, Derive({"scaled": lambda g: g["age"] * MANY_DIGITS}), SPLIT),
        lambda f: run(f, Derive({"scaled": lambda g: g["age"] * 0.62}), SPLIT),
        "information",
        ("scaled",),
        "Derive",
        ("MANY_DIGITS", "not assessed"),
    ),
    "rules of the label stay features": Case(
        "LK205",
        lambda f: run(f, RULES, SPLIT, target="weak", exclude=["patient", "visit", "seen", "ill"]),
        lambda f: run(
            f,
            NaturalLabel("weak", from_column="pulse", rule=lambda pulse: pulse > 75),
            SPLIT,
            target="weak",
            exclude=["patient", "visit", "seen", "ill"],
        ),
        "information",
        ("pulse",),
        "WeakLabel",
        ("exclude=",),
    ),
    "training rows later than those judged": Case(
        "LK210",
        lambda f: run(f, SPLIT, time="seen"),
        lambda f: run(f, TimeSplit(validation=0.2, test=0.2), time="seen"),
        "warning",
        ("seen",),
        says=("use TimeSplit",),
    ),
    "a group on both sides": Case(
        "LK211",
        lambda f: run(parted(f), PredefinedSplit("part"), group="patient"),
        lambda f: run(f, GroupSplit(), group="patient"),
        "error",
        ("patient",),
        says=("GroupSplit",),
    ),
    "an id on both sides": Case(
        "LK212",
        lambda f: run(
            twice(f).assign(part=["train"] * 600 + ["validation"] * 600), PredefinedSplit("part"), id="visit"
        ),
        lambda f: run(parted(f), PredefinedSplit("part"), id="visit"),
        "error",
        ("visit",),
        says=("duplicate rows",),
    ),
    "rows seen twice": Case(
        "LK213",
        lambda f: run(twice(f).assign(bed=1), RandomSplit(validation=0.3, test=0.2, keep_duplicates_together=False)),
        lambda f: run(f.assign(bed=1), SPLIT),
        "warning",
        says=("remove duplicates before the split", "group role"),
    ),
}  # fmt: skip


def found(run: Run, code: str) -> Finding | None:
    return next((finding for finding in run.findings if finding.code == code), None)


@pytest.mark.parametrize("name", CASES)
def test_it_fires_on_the_leaky_case_and_names_step_and_column(name: str) -> None:
    case = CASES[name]
    finding = found(case.leaky(visits()), case.code)
    assert finding is not None
    assert finding.severity == case.severity
    assert finding.columns == case.columns
    about = case.columns if case.code not in {"LK216", "LK220", "LK221", "LK222"} else ()  # columns made, not named
    named = [*map(repr, about), case.step, *case.says]
    assert all(part in finding.message for part in named), finding.message
    assert case.step in ("", finding.step)


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("name", CASES)
def test_it_is_silent_on_the_clean_twin(name: str) -> None:
    clean = CASES[name].clean(visits())
    assert found(clean, CASES[name].code) is None
    assert leakage_verdict(clean.findings) == "not observed"


@pytest.mark.quick(every=3)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.severity == "error"])
def test_the_verdict_on_the_card_flips(name: str) -> None:
    case = CASES[name]
    leaky = dict(case.leaky(visits()).card.lines)["leakage"]
    word = "suspected" if case.code in {"LK204", "LK206"} else "violated"
    assert leaky.startswith(f"{word}: ")
    assert all(column in leaky for column in case.columns)


def test_a_waived_finding_stays_on_the_card_with_its_reason_and_refuses_nothing() -> None:
    frame = told_after(visits(), 0.15)
    reason = "the score is written before the decision"
    accused, waived = run(frame, SPLIT), run(frame, SPLIT, waive={"LK204": reason})
    assert dict(accused.card.lines)["leakage"] == "suspected: discharge"
    assert dict(waived.card.lines)["leakage"] == "not observed"
    finding = found(waived, "LK204")
    assert finding is not None and finding.waived == reason
    for text in (waived.card.text(), waived.card.html()):
        assert "LK204" in text and reason in " ".join(text.split())  # lines of text are wrapped
    assert f"waived: LK204: {reason}" in str(waived.pipeline.plan())
    assert reason not in " ".join(accused.card.text().split())


def test_a_waiver_of_one_code_leaves_the_others() -> None:
    frame = told_after(visits(), 0.15)
    both = run(frame, Derive({"centred": centred}), SPLIT, waive={"LK204": "written before"})
    assert dict(both.card.lines)["leakage"] == "violated: centred"


def test_a_gate_refuses_an_error_that_nobody_waived() -> None:
    frame = told_after(visits(), 0.15)
    refused = run(frame, SPLIT).register("visits", gate=Gate())
    assert not refused
    assert refused.terms.set_index("term").loc["no leakage"].tolist() == ["suspected: discharge", "fail"]
    with pytest.raises(TrackingError, match="not in MLflow"):  # it passed, and only the store is missing
        run(frame, SPLIT, waive={"LK204": "written before"}).register("visits", gate=Gate())


def test_findings_come_worst_first_and_waived_ones_last() -> None:
    frame = twice(told_after(visits(), 0.15))
    mixed = run(frame, Derive({"centred": centred}), SPLIT, time="seen", waive={"LK201": "tried on purpose"})
    order = [(bool(f.waived), ["error", "warning", "information"].index(f.severity)) for f in mixed.findings]
    assert {f.code for f in mixed.findings} >= {"LK201", "LK204", "LK210"}
    assert order == sorted(order)


def codes_in_source() -> set[str]:
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "src" / "mlsys").rglob("*.py"))
    return set(re.findall(r'"([A-Z]{2}\d{3})"', text))


def test_every_code_has_a_page_that_says_what_why_and_how() -> None:
    pages = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "findings").glob("*.rst")}
    codes = codes_in_source()
    assert codes >= {case.code for case in CASES.values()}
    assert codes <= set(pages)
    for code in codes:
        title = pages[code].splitlines()[0]
        assert title.startswith(f"{code}: ")
        assert all(f"**{part}.**" in pages[code] for part in ("What", "Why it matters", "How to fix it")), code


def test_no_page_is_about_a_code_that_does_not_exist() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "findings").glob("*.rst")} - {"index"}
    assert pages <= codes_in_source()
