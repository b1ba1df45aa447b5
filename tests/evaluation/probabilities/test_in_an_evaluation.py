"""What an evaluation says of probabilities: tables by slice, a sentence, pictures, and odd input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from mlsys import Abstain, Calibrate, Conformal, Evaluate, TuneThreshold
from mlsys.dataset import Roles, Rows
from mlsys.errors import ConfigurationError, DataError
from mlsys.evaluation import Evaluation
from mlsys.evaluation.probabilities.selective import risk_by_coverage
from mlsys.evaluation.sample import Sample


def judged(factor: float = 1.0, rows: int = 1_200, **columns) -> Evaluation:
    rng = np.random.default_rng(0)
    odds = rng.normal(size=rows)
    who = np.where(np.arange(rows) % 2, "p", "q")
    true = rng.random(rows) < 1 / (1 + np.exp(-odds - np.where(who == "p", -1.0, 1.0) * (factor == 0)))
    share = 1 / (1 + np.exp(-(factor or 1.0) * odds))
    frame = pd.DataFrame(
        {"y": true, "prediction": share > 0.5, "probability_False": 1 - share, "probability_True": share, "who": who}
    ).assign(**columns)
    roles = {"group": "family"} if "family" in columns else {}
    return Evaluate(["log_loss"], slices=["who"]).of(train=frame, validation=frame, target="y", **roles)


def test_right_probabilities_are_not_told_apart_from_what_happens() -> None:
    found = judged()
    assert found.probabilities.startswith("as often true as told, as far as these rows show; calibration error 0.0")
    assert found.tables["calibration"]["verdict"].tolist() == ["not off"] * 3
    assert found.tables["calibration"]["slice"].tolist()[0] == "all"


def test_wrong_probabilities_are_named_with_the_bin_that_is_furthest_off() -> None:
    found = judged(4.0)
    assert found.probabilities.startswith("off: ") and "came true in" in found.probabilities
    assert found.tables["calibration"]["verdict"].tolist() == ["off"] * 3
    bins = found.tables["reliability"].query("slice == 'all'")
    assert len(bins) == 10 and bins["n"].sum() == 1_200
    assert (bins["lower"] <= bins["happened"]).all() and (bins["happened"] <= bins["upper"]).all()


def test_slices_are_off_in_a_direction_where_all_rows_together_are_not() -> None:
    found = judged(0).tables["calibration"].set_index("slice")["verdict"]
    assert found["who=p"] == "too high" and found["who=q"] == "too low"


def test_too_few_events_are_said_and_no_figure_is_given() -> None:
    found = judged(rows=30)
    assert found.probabilities == "too few rows to say whether they can be believed (30)" or found.tables[
        "calibration"
    ].iloc[0]["verdict"].startswith("not")
    rare = judged(y=np.arange(1_200) < 4)
    assert rare.probabilities == "too few rows to say whether they can be believed (1,200)"
    assert rare.tables["calibration"].iloc[0][["lower", "upper"]].isna().all()


def test_rows_of_one_family_count_as_few() -> None:
    alone, family = judged(2.0), judged(2.0, family=np.arange(1_200) // 60)
    wide = [each.tables["reliability"].eval("upper - lower").mean() for each in (alone, family)]
    assert wide[1] >= wide[0] * 0.9
    assert judged(2.0, family=np.arange(1_200) % 5).tables["calibration"].iloc[0]["verdict"] == "not enough data"


def test_risk_falls_as_fewer_rows_are_answered_and_is_that_of_the_surest_rows() -> None:
    found = judged()
    table, scored = found.tables["risk_coverage"], found.scored
    sure = scored[["probability_False", "probability_True"]].max(axis=1)
    wrong = scored["y"] != scored["prediction"]
    half = table.loc[(table["coverage"] - 0.5).abs().idxmin()]
    assert half["risk"] == pytest.approx(wrong[sure >= half["threshold"]].mean())
    assert table["coverage"].iloc[-1] == 1 and table["risk"].iloc[-1] == pytest.approx(wrong.mean())
    assert table["risk"].iloc[0] < table["risk"].iloc[-1] / 2


def test_rows_of_one_certainty_are_answered_together() -> None:
    scored = pd.DataFrame({"y": [0, 1] * 20, "prediction": 1, "probability_0": 0.3, "probability_1": 0.7})
    table = risk_by_coverage(Sample.of(scored, ["0", "1"]), 0.95)
    assert table[["coverage", "risk", "n"]].values.tolist() == [[1.0, 0.5, 40]]


def test_pictures_are_of_all_rows_or_of_a_slice() -> None:
    found = judged(2.0)
    ax = found.plot(kind="reliability", slice="who=p")
    assert ax.get_xlabel() == "predicted probability of the event, validation rows of who=p"
    assert found.plot(kind="risk_coverage").get_ylabel().startswith("risk")
    with pytest.raises(ConfigurationError, match="did you mean 'who=p'"):
        found.plot(kind="reliability", slice="who=P")
    with pytest.raises(ConfigurationError, match="slices are drawn with kind='reliability'"):
        found.plot(kind="roc", slice="who=p")
    pyplot.close("all")


def test_certain_and_null_probabilities_break_nothing() -> None:
    rng = np.random.default_rng(1)
    certain = rng.integers(0, 2, 200).astype(float)
    frame = pd.DataFrame({"y": rng.integers(0, 2, 200) == 1, "prediction": certain > 0.5})
    frame = frame.assign(probability_False=1 - certain, probability_True=certain)
    found = Evaluate(["accuracy"], slices=()).of(train=frame, validation=frame, target="y")
    assert found.tables["calibration"].iloc[0]["verdict"] == "off"
    assert len(found.tables["reliability"]) == 2


@pytest.mark.parametrize(
    "step",
    [Calibrate(), TuneThreshold(recall=0.5), Conformal(0.5), Abstain(rate=0.5), None],
    ids=repr,
)
def test_probabilities_beyond_0_and_1_are_refused_and_scores_are_the_remedy(step) -> None:
    said = pd.DataFrame(
        {"prediction": [True, False] * 30, "probability_False": -0.4, "probability_True": [1.4, 0.2] * 30}
    )
    y = pd.Series(np.arange(60) % 3 == 0)

    def used(said: pd.DataFrame) -> object:
        if step is None:
            return Evaluate(["roc_auc"], slices=()).of(train=said.assign(y=y), validation=said.assign(y=y), target="y")
        return step.learn(Rows.of(said.assign(y=y), Roles(target="y"), (), predictions=said))

    with pytest.raises(
        DataError, match=r"(?s)probability_False is -0.4 in row 0.*call what has another scale score_False"
    ):
        used(said)
    used(said.rename(columns=lambda name: name.replace("probability", "score")))


def test_rows_without_a_probability_are_counted() -> None:
    share = np.where(np.arange(1_200) < 7, np.nan, np.linspace(0.01, 0.99, 1_200))
    found = judged(probability_True=share, probability_False=1 - share)
    assert found.probabilities.endswith("; 7 rows without a probability do not count")
    assert found.tables["calibration"]["n"].iloc[0] == 1_193
