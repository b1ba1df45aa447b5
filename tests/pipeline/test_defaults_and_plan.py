"""What is supplied when nothing was said: which split, where, and that plan and card say so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mlsys import (
    Derive,
    Evaluate,
    GroupSplit,
    Impute,
    Pipeline,
    RandomSplit,
    Standardize,
    StratifiedSplit,
    TimeSplit,
    Train,
)
from mlsys.errors import ConfigurationError, LeakageError

EVERY_ROLE = {"time": "ordered", "group": "customer"}


@pytest.mark.parametrize(
    ("roles", "split", "why"),
    [
        ({}, StratifiedSplit(), "no split was given"),
        ({"group": "customer"}, GroupSplit(), "no split was given, and there is a group role"),
        ({"time": "ordered"}, TimeSplit(validation=0.2, test=0.2), "no split was given, and there is a time role"),
        (
            EVERY_ROLE,
            TimeSplit(validation=0.2, test=0.2, keep_groups_together=True),
            "no split was given, and there are a time and a group role",
        ),
    ],
    ids=["nothing", "group", "time", "both"],
)
def test_roles_decide_which_split_is_supplied(roles: dict[str, str], split: object, why: str) -> None:
    pipeline = Pipeline([LogisticRegression()], target="y", **roles)
    first = pipeline.steps[0]
    assert type(first.step) is type(split) and first.supplied == why
    assert first.step == split
    assert f"supplied: {first.name}, because {why}" in repr(pipeline.plan())
    assert why in pipeline.plan()._repr_html_()


def doubled(frame: pd.DataFrame) -> pd.Series:
    return frame["price"] * 2


def test_the_split_is_placed_before_the_first_step_that_learns() -> None:
    pipeline = Pipeline([Derive({"double": doubled}), Impute(), Standardize(), LogisticRegression()], target="y")
    assert [planned.name for planned in pipeline.steps][:3] == ["Derive", "StratifiedSplit", "Impute"]


def test_a_step_allowed_to_learn_from_all_rows_stays_before_the_split() -> None:
    pipeline = Pipeline([Impute(allow_all_rows="pretrained"), Standardize(), LogisticRegression()], target="y")
    assert [planned.name for planned in pipeline.steps][:3] == ["Impute", "StratifiedSplit", "Standardize"]
    plan = pipeline.plan()
    assert plan.table.set_index("name").loc["Impute", "sees"] == "all rows, allowed"
    assert "allowed: Impute learns from all rows: pretrained" in repr(plan)


def test_nothing_is_supplied_where_nothing_learns() -> None:
    assert [planned.name for planned in Pipeline([Derive({"double": doubled})]).steps] == ["Derive"]


def test_a_split_of_ones_own_is_not_doubled_and_a_second_is_refused() -> None:
    assert [p.supplied for p in Pipeline([RandomSplit(), LogisticRegression()], target="y").steps][0] == ""
    with pytest.raises(ConfigurationError, match="there are two splits"):
        Pipeline([RandomSplit(), GroupSplit(), LogisticRegression()], target="y", group="g")


def test_what_learns_before_the_split_is_refused_with_the_corrected_order() -> None:
    with pytest.raises(LeakageError) as caught:
        Pipeline([Impute(), Standardize(), RandomSplit(), Train(LogisticRegression())], target="y")
    assert "Impute and Standardize stand before RandomSplit" in caught.value.problem
    assert "RandomSplit > Impute > Standardize > Train" in caught.value.remedy


@pytest.mark.parametrize(("rows", "folds"), [(4_999, True), (5_000, False)])
def test_a_supplied_split_is_judged_by_folds_below_five_thousand_rows(rows: int, folds: bool, rng) -> None:
    frame = pd.DataFrame({"x": rng.normal(size=rows)})
    frame["y"] = (frame["x"] + rng.normal(size=rows) > 0).astype(int)
    run = Pipeline([LogisticRegression()], target="y").run(frame, track=False)
    assert ("5 folds evaluate it" in repr(run)) is folds
    assert ("validation" in run.rows) is not folds
    assert len(run.predictions["validation"]) == (run.rows["train"] if folds else run.rows["validation"])


def test_a_split_of_ones_own_is_kept_however_few_the_rows(shop: pd.DataFrame) -> None:
    run = Pipeline([RandomSplit(), LogisticRegression()], target="returned", features=["price"]).run(shop, track=False)
    assert "validation" in run.rows and "folds" not in repr(run)


def test_the_supplied_time_split_puts_later_rows_behind_earlier_ones(shop: pd.DataFrame) -> None:
    frame = pd.concat([shop] * 3, ignore_index=True)  # 6,000 rows
    run = Pipeline([LogisticRegression()], target="returned", time="ordered", features=["price"]).run(
        frame, track=False
    )
    train, validation = (run.frame(part, after="TimeSplit")["ordered"] for part in ("train", "validation"))
    assert train.max() < validation.min()
    assert f"validation starts at {validation.min()}" in repr(run)


def test_folds_of_a_time_split_train_on_the_past_only(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([LogisticRegression()], target="returned", time="ordered", features=["price"])
    run = pipeline.run(shop, track=False)
    judged = shop.loc[run.predictions["validation"].index, "ordered"]
    train = shop.loc[run.frame("train", after="TimeSplit").index, "ordered"]
    assert 0 < (train < judged.min()).sum() < len(train)  # the first stretch is only learned from


def test_folds_of_a_group_split_never_part_a_group(shop: pd.DataFrame) -> None:
    pipeline = Pipeline([LogisticRegression()], target="returned", group="customer", features=["price"])
    run = pipeline.run(shop, track=False)
    divided = run._live.execution.divided
    assert divided is not None and len(divided.folds) == 5
    for fold in divided.folds:
        named = fold.groupby(shop.loc[fold.index, "customer"]).nunique()
        assert (named == 1).all()


def test_the_plan_reads_no_data() -> None:
    from mlsys import ReadCSV

    plan = Pipeline([ReadCSV("nowhere.csv"), LogisticRegression()], target="y").plan()
    assert plan.table["name"].tolist() == ["ReadCSV", "StratifiedSplit", "Train", "Evaluate"]


def test_the_plan_prints_the_five_facts_of_each_step() -> None:
    table = Pipeline([RandomSplit(), Impute(), LogisticRegression(), Evaluate()], target="y").plan().table
    assert table[["name", "kind", "sees", "fits on", "acts on", "rows", "serves"]].to_numpy().tolist() == [
        ["RandomSplit", "Split", "keys", "nothing", "all", "same", False],
        ["Impute", "Transform", "train", "train", "every part", "same", True],
        ["Train", "Model", "train", "train", "every part", "same", True],
        ["Evaluate", "Report", "open parts", "nothing", "nothing", "same", False],
    ]


def test_the_plan_says_what_is_waived_and_when_it_decides() -> None:
    pipeline = Pipeline(
        [LogisticRegression()], target="y", time="t", decide_at="1h before t", waive={"LK204": "known proxy"}
    )
    text = repr(pipeline.plan())
    assert "waived: LK204: known proxy" in text and "decides at: 1h before t" in text


def test_the_page_of_a_plan_escapes_what_users_write() -> None:
    page = (
        Pipeline([Impute(name="<b>fill</b>"), LogisticRegression()], target="y", name="<i>mine</i>")
        .plan()
        ._repr_html_()
    )
    assert "<b>fill</b>" not in page and "&lt;b&gt;fill&lt;/b&gt;" in page and "<i>mine</i>" not in page


def test_the_page_of_a_plan_flows_through_the_split() -> None:
    pipeline = Pipeline(
        [RandomSplit(test=0.2), Impute(), LogisticRegression()],
        target="y", time="t", decide_at="1h before t", features=["x"],
    )  # fmt: skip
    page = pipeline.plan()._repr_html_()
    places = [page.index(said) for said in (
        "features: known by then", "◆ 1h before t", "● target y", "before the split", "<b>RandomSplit</b>",
        "test: sealed until final_test()", "after the split", "<b>Impute</b>", "<span class='chip'>sees training rows",
        "<b>Train</b>", "<b>Evaluate</b>", "changes nothing",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "<summary>details</summary><p>Fill " in page
    assert "<pre>Impute()" in page
    assert "http" not in page.replace("http://www.w3.org", "")  # no documentation is published, so nothing links to it


def test_the_page_of_a_plan_says_what_is_not_known_of_time_and_target() -> None:
    page = Pipeline([RandomSplit(), LogisticRegression()], target="y").plan()._repr_html_()
    assert "without a time role, every column counts as known" in page
    assert "◆" not in Pipeline([Impute(allow_all_rows="a unit")]).plan()._repr_html_().split("Each box")[0]


def test_steps_link_to_their_pages_where_these_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlsys.plan import page

    class Own(Impute):
        """A step of a user's."""

    monkeypatch.setattr(page, "_documentation", lambda: "https://docs.example")
    assert page.documented_at(Impute) == "https://docs.example/generated/mlsys.Impute.html"
    assert page.documented_at(Own) == ""


def test_a_supplied_split_of_a_panel_is_not_accused_of_its_groups() -> None:
    rng = np.random.default_rng(0)
    firms, years = 60, 20
    panel = pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), years),
            "year": np.tile(pd.date_range("2000", periods=years, freq="YS"), firms),
            "x": rng.normal(size=firms * years),
        }
    )
    panel["y"] = panel["x"] + np.repeat(rng.normal(size=firms), years)
    run = Pipeline([LinearRegression()], target="y", time="year", group="firm").run(panel, track=False)
    assert not [each for each in run.findings if each.code == "LK211"]
    assert "60 groups in several parts; each goes to one" in " ".join(repr(run).split())
