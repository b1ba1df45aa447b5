"""One report on leakage: four layers, each with its verdict; the audit's findings count where others do."""

from __future__ import annotations

import mlflow
import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression

from mlsys import Gate, OneHot, Pipeline, Standardize, StratifiedSplit, Transform, metric
from mlsys.errors import ConfigurationError


class InSample(Transform):
    """Target means over the very rows they are given to."""

    def learn(self, train):
        return train.y.groupby(train["customer"]).mean().to_dict()

    def apply(self, frame, rates):
        return frame.assign(customer=frame["customer"].map(rates).fillna(0.5))


FEATURES = ["price", "days_since_last", "country"]


def pipeline_of(*steps, **arguments) -> Pipeline:
    steps = [*steps, OneHot(["country"]), HistGradientBoostingClassifier(max_iter=9)]
    exclude = ["refund", "ordered", *arguments.pop("exclude", ["customer"])]
    return Pipeline(steps, target="returned", exclude=exclude, **arguments)


def layers(run) -> dict[int, str]:
    return dict(zip(run.leakage.table["layer"], run.leakage.table["verdict"], strict=True))


@pytest.mark.long
def test_a_clean_run_says_what_each_layer_did(shop):
    run = pipeline_of().run(shop, track=False)
    assert layers(run) == {1: "held", 2: "not observed", 3: "not run", 4: "sealed"}
    assert run.leakage.verdict == "not observed"
    run.audit_leakage()
    assert layers(run)[3] == "not observed"
    assert layers(run.final_test())[4] == "not counted"


def test_a_tracked_run_counts_its_looks(shop):
    run = pipeline_of(name="counted").run(shop)
    assert layers(run.final_test())[4] == "first look"
    assert layers(run.final_test())[4] == "opened before"


def test_what_is_allowed_is_shown_in_the_first_layer(shop):
    steps = [Standardize(["price"], allow_all_rows="a unit, no statistic"), StratifiedSplit()]
    run = pipeline_of(*steps).run(shop, track=False)
    first = run.leakage.table.iloc[0]
    assert first["verdict"] == "allowed"
    assert "a unit, no statistic" in first["detail"]


def test_what_the_audit_finds_is_on_the_card_in_mlflow_and_at_the_gate(shop):
    run = pipeline_of(InSample(), exclude=[], name="in-sample").run(shop)
    assert "leakage        not observed" in repr(run)
    audit = run.audit_leakage()
    assert audit.verdict == "violated"
    assert "LK302" in {finding.code for finding in run.findings}
    assert "violated: customer" in repr(run)
    tags = mlflow.get_run(run.mlflow_run_id).data.tags
    assert tags["mlsys.leakage"] == "violated: customer"
    assert tags["mlsys.audit"].startswith("violated: InSample (customer)")
    assert not run.register("in-sample", gate=Gate(metric("roc_auc").lower >= 0.0))


def test_an_audit_finding_is_waived_like_any_other(shop):
    run = pipeline_of(InSample(), exclude=[], waive={"LK302": "customers never come back"}).run(shop, track=False)
    run.audit_leakage()
    assert run.leakage.verdict == "not observed"
    assert "customers never come back" in repr(run.leakage)


def test_the_picture_has_every_column_and_names_those_that_were_found(shop):
    leaky = shop.assign(told=shop["returned"] * 2.0 + np.random.default_rng(0).normal(0, 0.05, len(shop)))
    run = pipeline_of().run(leaky, track=False)
    axes = run.leakage.plot()
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "told"
    assert set(labels) == {*FEATURES, "told"}
    for shown in (repr(run.leakage), run.leakage._repr_html_()):
        assert "LK204" in shown
        assert "suspected: told" in shown


def test_a_run_without_a_target_has_nothing_to_draw(shop):
    run = pipeline_of().run(shop, until="StratifiedSplit", track=False)
    report = run.leakage
    assert layers(run)[2] == "not observed"
    report.plot()
    stopped = Pipeline(
        [lambda frame: frame, StratifiedSplit(), HistGradientBoostingClassifier(max_iter=9)], target="returned"
    )
    early = stopped.run(shop, until=stopped.steps[0].name, track=False).leakage
    assert early.table["verdict"].iloc[0] == "not assessed"
    with pytest.raises(ConfigurationError, match="no single-feature power"):
        early.plot()


@pytest.mark.long
def test_the_report_of_an_audited_run_is_made_of_plain_tables(shop):
    run = pipeline_of().run(shop, track=False)
    run.audit_leakage(rows=500)
    assert isinstance(run.leakage.table, pd.DataFrame)
    assert run.leakage.audit is run.audit
    assert run.audit.rows == 500


def test_a_warning_stands_in_the_line_on_leakage_and_is_no_leak() -> None:
    rng = np.random.default_rng(0)
    parts = pd.DataFrame(rng.gamma(2, 50, (1_000, 4)), columns=["casual", "registered", "temp", "wind"])
    frame = parts.assign(count=parts["casual"] + parts["registered"])
    pipeline = Pipeline([LinearRegression()], target="count")
    card = pipeline.run(frame, track=False).card
    assert dict(card.lines)["leakage"] == "not observed; warned of casual, registered (LK209, LK218)"
    assert card.leak == ""
    known = dict.fromkeys(["LK209", "LK218"], "both are known by then")
    waived = Pipeline([LinearRegression()], target="count", waive=known).run(frame, track=False)
    assert dict(waived.card.lines)["leakage"] == "not observed"
