"""The audit names what leaks, by step, probe and column, and accuses nobody else."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression

from mlsys import (
    Apply,
    AsOfJoin,
    Calibrate,
    Derive,
    History,
    Impute,
    Join,
    NaturalLabel,
    OneHot,
    Pipeline,
    ReadParquet,
    Reshape,
    Select,
    Standardize,
    StratifiedSplit,
    TargetEncode,
    TimeSplit,
    Train,
    TrainOnly,
    Transform,
)
from mlsys.errors import ConfigurationError, DataError, LeakageError
from mlsys.settings import override

ROWS = 1_000
BOOSTED = HistGradientBoostingClassifier(max_iter=5)
"""What leaks is seen in columns, whatever a model makes of them."""


@pytest.fixture(scope="module")
def sales() -> pd.DataFrame:
    generator = np.random.default_rng(11)
    price = generator.gamma(2.0, 20.0, ROWS)
    shop = generator.integers(0, 250, ROWS)
    late = generator.random(ROWS) < 1 / (1 + np.exp(-(price - 40) / 20))
    return pd.DataFrame(
        {
            "price": price,
            "pieces": np.where(generator.random(ROWS) < 0.1, np.nan, generator.integers(1, 9, ROWS)),
            "country": pd.Series(generator.choice(["DE", "FR", "PL"], ROWS), dtype="str"),
            "shop": shop,
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(ROWS), "h"),
            "late": late.astype(int),
        }
    )


def z_score(frame):
    return frame.assign(price=(frame["price"] - frame["price"].mean()) / frame["price"].std())


def next_price(frame):
    return frame.assign(following=frame["price"].shift(-1))


def ranked(frame):
    return frame.assign(place=frame["price"].rank())


def country_mean(frame):
    return frame.assign(usual=frame.groupby("country")["price"].transform("mean"))


def codes(frame):
    return frame.assign(code=frame["country"].astype("category").cat.codes)


def best_of_noise(frame):
    noise = {f"n{seed}": np.random.default_rng([seed, len(frame)]).normal(size=len(frame)) for seed in range(20)}
    strength = pd.DataFrame(noise, index=frame.index).corrwith(frame["late"]).abs()
    return frame.assign(chosen=noise[strength.idxmax()])


def logarithm(frame):
    return frame.assign(price=np.log1p(frame["price"].clip(lower=0)))


class InSample(Transform):
    def learn(self, train):
        return train.y.groupby(train["shop"]).mean().to_dict()

    def apply(self, frame, rates):
        return frame.assign(shop=frame["shop"].map(rates).fillna(0.5))


class CentredOnItsBatch(Transform):
    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(price=frame["price"] - frame["price"].mean() - state)


class ReadsLabelsInBulk(Transform):
    """Reads the target where there are many rows, so that watching a few does not show it."""

    def learn(self, train):
        return 0.0

    def apply(self, frame, state):
        return frame.assign(hint=frame["late"] * 1.0 if len(frame) > 100 else state)


STEPS: dict[str, tuple[list[Any], str, str, str]] = {
    "z-score": ([z_score], "z_score", "extremes", "price"),
    "look-ahead": ([next_price], "next_price", "later rows", "following"),
    "rank": ([ranked], "ranked", "extremes", "place"),
    "mean by group": ([country_mean], "country_mean", "extremes", "usual"),
    "selection": ([best_of_noise], "best_of_noise", "flipped labels", "chosen"),
    "codes": ([codes], "codes", "each row alone", "code"),
    "in-sample target means": ([InSample()], "InSample", "own target flipped", "shop"),
    "batch": ([CentredOnItsBatch()], "CentredOnItsBatch", "each row alone", "price"),
}


@pytest.mark.quick("look-ahead", "mean by group", "in-sample target means", "batch")
@pytest.mark.parametrize("mistake", STEPS)
def test_a_mistake_is_violated_at_its_step_by_its_probe_in_its_column(sales, mistake):
    steps, step, probe, column = STEPS[mistake]
    pipeline = Pipeline([*steps, OneHot(["country"]), BOOSTED], target="late", time="at")
    audit = pipeline.audit_leakage(sales)
    assert audit.verdict == "violated"
    assert set(audit.violated["step"]) == {step}
    by_probe = audit.violated.set_index("probe")["columns"]
    assert by_probe.loc[probe] == (column,)
    assert [finding.step for finding in audit.findings if column in finding.columns]


CLEAN: dict[str, list[Any]] = {
    "row by row": [logarithm, Derive({"each": lambda f: f["price"] / f["pieces"]})],
    "learned": [Impute(), Standardize(["price"]), TargetEncode(["shop"])],
    "selected": [Impute(), Apply(SelectKBest(k=2), columns=["price", "pieces", "shop"])],
}


# Each recipe and each way to split at least once; all pairs in the long tier.
@pytest.mark.quick("stratified-selected")
@pytest.mark.parametrize(
    ("way", "recipe"),
    [
        pytest.param(way, recipe, marks=[pytest.mark.long] if (place + (way == "by time")) % 2 else [])
        for way in ("by time", "stratified")
        for place, recipe in enumerate(CLEAN)
    ],
)
def test_a_clean_recipe_is_not_accused(sales, recipe, way):
    roles = {"time": "at"} if way == "by time" else {"exclude": ["at"]}
    steps = [*CLEAN[recipe], OneHot(["country"]), Train(BOOSTED), Calibrate()]
    audit = Pipeline(steps, target="late", **roles).audit_leakage(sales)
    assert audit.verdict == "not observed", repr(audit)
    assert audit.violated.empty
    assert audit.findings == ()


@pytest.mark.long
def test_clean_recipes_are_not_accused_on_other_rows():
    accused = []
    for seed in range(10):
        generator = np.random.default_rng(seed)
        frame = pd.DataFrame(generator.normal(size=(600, 4)), columns=list("abcd"))
        frame["kind"] = pd.Series(generator.choice(["u", "v", "w"], 600), dtype="str")
        frame["y"] = (frame["a"] + generator.normal(size=600) > 0).astype(int)
        audit = Pipeline([TargetEncode(["kind"]), LogisticRegression()], target="y").audit_leakage(frame)
        accused += [seed] * (audit.verdict == "violated")
    assert accused == []


def test_a_step_answers_for_itself_and_not_for_the_one_before(sales):
    def doubled(frame):
        return frame.assign(twice=frame["price"] * 2)

    steps = [z_score, doubled, OneHot(["country"]), LogisticRegression(max_iter=1000)]
    pipeline = Pipeline(steps, target="late", exclude=["at", "pieces"])
    assert set(pipeline.audit_leakage(sales).violated["step"]) == {"z_score"}


def test_two_steps_at_fault_are_both_named(sales):
    steps = [z_score, ranked, OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    assert set(audit.violated["step"]) == {"z_score", "ranked"}


def test_what_reads_the_label_when_it_serves_is_named(sales):
    steps = [ReadsLabelsInBulk(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    label = audit.violated[audit.violated["probe"] == "flipped labels"]
    assert label["step"].tolist() == ["ReadsLabelsInBulk"]
    assert label["columns"].iloc[0] == ("hint",)
    assert "LK304" in {finding.code for finding in audit.findings}


def test_what_is_refused_in_a_run_is_refused_in_an_audit(sales):
    class ReadsTheLabel(Transform):
        def learn(self, train):
            return 0.0

        def apply(self, frame, state):
            return frame.assign(hint=frame["late"] * 1.0)

    pipeline = Pipeline([ReadsTheLabel(), BOOSTED], target="late", exclude=["at", "country"])
    with pytest.raises(LeakageError, match="ReadsTheLabel reads 'late'"):
        pipeline.audit_leakage(sales)


def test_a_step_that_draws_without_a_seed_is_not_assessed(sales):
    counter = itertools.count()

    def noisy(frame):
        return frame.assign(noise=np.random.default_rng(next(counter)).normal(size=len(frame)))

    steps = [noisy, OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    assert audit.verdict == "not assessed"
    said = audit.not_assessed.set_index("step").loc["noisy"]
    assert said["columns"] == ("noise",)
    assert "seed its randomness" in said["detail"]


def test_a_state_that_differs_from_run_to_run_is_not_assessed(sales):
    counter = itertools.count()

    class Restless(Transform):
        def learn(self, train):
            return float(next(counter))

        def apply(self, frame, state):
            return frame

    steps = [Restless(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    assert audit.verdict == "not assessed"
    assert "Restless" in set(audit.not_assessed["step"])


def test_what_is_allowed_to_see_all_rows_is_shown_and_accuses_nobody(sales):
    steps = [Standardize(["price"], allow_all_rows="pretrained elsewhere"), StratifiedSplit(), OneHot(["country"]),
             BOOSTED]  # fmt: skip
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    allowed = audit.table[audit.table["verdict"] == "allowed"]
    assert set(allowed["step"]) == {"Standardize"}
    assert "pretrained elsewhere" in allowed["detail"].iloc[0]
    assert audit.verdict == "not observed"


def test_selecting_rows_may_look_at_all_of_them(sales):
    class NotTheDearest(Select):
        def keep(self, frame, rng):
            return frame["price"] < frame["price"].quantile(0.99)

    steps = [NotTheDearest(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    assert audit.verdict == "not observed", repr(audit)
    assert "as its kind allows" in " ".join(audit.table["detail"])


class ByShop(Reshape):
    """One row a shop."""

    share_of_all: bool = False

    def reshape(self, frame):
        rows = frame.groupby("shop").agg(
            price=("price", "mean"), late=("late", "max"), rows=("price", "size")
        ).reset_index()  # fmt: skip
        return rows.assign(price=rows["price"] / rows["price"].mean()) if self.share_of_all else rows


@pytest.mark.long
def test_rows_are_followed_through_a_reshape_by_their_id(sales):
    clean = Pipeline([ByShop(), BOOSTED], target="late", id="shop").audit_leakage(sales)
    assert clean.verdict == "not observed", repr(clean)
    leaky = Pipeline([ByShop(share_of_all=True), BOOSTED], target="late", id="shop")
    audit = leaky.audit_leakage(sales)
    assert audit.violated["step"].iloc[0] == "ByShop"
    assert audit.violated["columns"].iloc[0] == ("price",)


def test_a_reshape_whose_rows_cannot_be_followed_is_not_assessed_with_the_way_out(sales):
    steps = [logarithm, ByShop(), z_score, BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["shop"]).audit_leakage(sales)
    silent = audit.not_assessed.set_index("step")["detail"]
    assert "ByShop makes new rows" in silent["ByShop"] and "id role" in silent["logarithm"]
    assert set(audit.violated["step"]) == {"z_score"}, "what stands after it is asked all the same"
    clean = Pipeline([*steps[:2], steps[3]], target="late", exclude=["shop"]).audit_leakage(sales)
    assert clean.verdict == "not assessed", repr(clean)
    assert clean.rows == ROWS


def test_a_run_of_a_reshape_without_an_id_says_not_assessed(sales):
    run = Pipeline([ByShop(), BOOSTED], target="late", exclude=["shop"]).run(sales, track=False)
    assert run.audit_leakage().verdict == "not assessed"
    assert "not assessed" in repr(run.leakage)


class LastPrice(History):
    by: str = "shop"

    def apply(self, frame, past):
        return frame.assign(before=past.last("price"))


class LooksAhead(History):
    by: str = "shop"

    def apply(self, frame, past):
        return frame.assign(before=frame.groupby("shop")["price"].shift(-1))


def test_history_may_read_what_was_known_and_nothing_later(sales):
    steps = [OneHot(["country"]), BOOSTED]
    clean = Pipeline([LastPrice("shop"), *steps], target="late", time="at").audit_leakage(sales)
    assert clean.verdict == "not observed", repr(clean)
    audit = Pipeline([LooksAhead("shop"), *steps], target="late", time="at").audit_leakage(sales)
    later = audit.violated[audit.violated["probe"] == "later rows"]
    assert later["step"].tolist() == ["LooksAhead"]
    assert later["columns"].iloc[0] == ("before",)


def test_history_under_a_random_split_is_asked_by_later_rows_alone(sales):
    steps = [LastPrice("shop"), StratifiedSplit(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", time="at").audit_leakage(sales)
    assert audit.violated.empty, repr(audit)
    assert "later rows" in set(audit.table.loc[audit.table["step"] == "LastPrice", "probe"])


@pytest.fixture(scope="module")
def weather(sales) -> pd.DataFrame:
    hours = pd.date_range(sales["at"].min(), sales["at"].max(), freq="h")
    return pd.DataFrame({"hour": hours, "temp": np.random.default_rng(3).normal(size=len(hours))})


class SeesTomorrow(AsOfJoin):
    """A join that is asked a day late."""

    def apply(self, frame, /):
        moved = frame.assign(at=frame["at"] + pd.Timedelta("24h"))
        return super().apply(moved).assign(at=frame["at"])


@pytest.mark.parametrize(("kind", "verdict"), [(AsOfJoin, "not observed"), (SeesTomorrow, "violated")])
def test_side_tables_are_replaced_from_what_was_known_later(sales, weather, kind, verdict):
    join = kind(weather, [], "hour", columns=["temp"], known_after="1h")
    steps = [join, OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", time="at").audit_leakage(sales)
    side = audit.table[audit.table["probe"] == "side table"].set_index("step")
    assert side.loc[kind.__name__, "verdict"] == verdict
    assert side.loc[kind.__name__, "columns"] == (("temp",) if verdict == "violated" else ())


def test_a_table_without_times_is_not_assessed_and_that_is_said(sales):
    shops = pd.DataFrame({"shop": range(250), "size": np.arange(250.0)})
    audit = Pipeline([Join(shops, on="shop"), OneHot(["country"]), BOOSTED],
                     target="late", exclude=["at"]).audit_leakage(sales)  # fmt: skip
    side = audit.table[audit.table["probe"] == "side table"]
    assert side["verdict"].tolist() == ["not assessed"]
    assert audit.verdict == "not observed"  # its rows were asked by other probes


@pytest.mark.long
def test_columns_that_times_are_made_of_stay_and_texts_that_are_parsed_are_put_in_another_order(sales):
    texts = sales.assign(day=sales["at"].dt.strftime("%Y-%m-%d"), hour=sales["at"].dt.hour).drop(columns="at")

    def moment(frame):
        return pd.to_datetime(frame["day"]) + pd.to_timedelta(frame["hour"], unit="h")

    def leaky_hour(frame):
        return frame["hour"] - frame["hour"].mean()

    steps = [Derive({"at": moment}), OneHot(["country"]), BOOSTED]
    clean = Pipeline(steps, target="late", time="at", exclude=["day"]).audit_leakage(texts)
    assert clean.verdict == "not observed", repr(clean)
    assert set(clean.table["probe"]) >= {"extremes", "new categories", "later rows"}
    day = Derive({"month": lambda f: pd.to_datetime(f["day"]).dt.month})
    parsed = Pipeline([day, OneHot(["country"]), BOOSTED], target="late", exclude=["day"])
    assert parsed.audit_leakage(texts).verdict == "not observed"
    both = [Derive({"month": lambda f: pd.to_datetime(f["day"]).dt.month, "off": leaky_hour}), *steps[1:]]
    audit = Pipeline(both, target="late", exclude=["day"]).audit_leakage(texts)
    assert {name for names in audit.violated["columns"] for name in names} == {"off"}


def test_labels_made_of_later_columns_are_flipped_too(sales):
    frame = sales.assign(delay=sales["price"] + np.random.default_rng(1).normal(size=ROWS))

    def peeks(rows):
        return rows.assign(odd=rows["price"] * (rows["delay"].mean() > 0) + rows["delay"].mean())

    label = NaturalLabel("slow", from_column="delay", rule=lambda delay: delay > 40)
    steps = [peeks, label, OneHot(["country"]), BOOSTED]
    pipeline = Pipeline(steps, target="slow", exclude=["late", "at", "odd"])
    audit = pipeline.audit_leakage(frame)
    assert set(audit.violated["step"]) == {"peeks"}
    clean = Pipeline(steps[1:], target="slow", exclude=["late", "at"]).audit_leakage(frame)
    assert clean.verdict == "not observed", repr(clean)
    assert "flipped labels" in set(clean.table["probe"])


class Mixed(TrainOnly):
    """Adds rows between two of one class."""

    def change(self, train, rng):
        events = pd.DataFrame(train)[(train.y == 1).to_numpy()]
        partners = events.iloc[rng.permutation(len(events))]
        between = events.assign(price=(events["price"].to_numpy() + partners["price"].to_numpy()) / 2)
        return pd.concat([pd.DataFrame(train), between])


def test_making_training_rows_by_their_targets_is_no_influence_of_a_row_on_itself(sales):
    steps = [Impute(), Mixed(), Standardize(["price"]), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(sales)
    assert audit.violated.empty, repr(audit)
    silent = audit.not_assessed.set_index("step")["detail"]
    assert "as its kind allows" in silent["Mixed"]
    assert "it follows a step that makes training rows" in silent["Standardize"]
    assert audit.verdict == "not observed"


def test_parts_that_were_given_are_asked_after_the_split(sales):
    parts = {"train": sales.iloc[:600], "validation": sales.iloc[600:800], "test": sales.iloc[800:]}
    steps = [InSample(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", exclude=["at"]).audit_leakage(parts)
    assert set(audit.violated["step"]) == {"InSample"}


def test_the_sample_is_made_larger_where_a_class_is_rare():
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"x": generator.normal(size=20_000), "y": (np.arange(20_000) % 1_000 == 0).astype(int)})
    frame["z"] = generator.normal(size=20_000)
    audit = Pipeline([StratifiedSplit(), BOOSTED], target="y").audit_leakage(frame, rows=200)
    assert audit.verdict == "not observed", repr(audit)


@pytest.mark.long
def test_one_audit_is_like_the_next(sales):
    pipeline = Pipeline([z_score, OneHot(["country"]), BOOSTED], target="late", time="at")
    assert pipeline.audit_leakage(sales) == pipeline.audit_leakage(sales)


def test_what_it_is_shown_as_names_step_probe_and_column(sales):
    audit = Pipeline([z_score, OneHot(["country"]), BOOSTED], target="late", exclude=["at"]).audit_leakage(sales)
    for shown in (repr(audit), audit._repr_html_()):
        assert "violated" in shown
        assert "z_score" in shown
        assert "price" in shown
        assert "cannot prove" in shown
    axes = audit.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == list(audit.steps)


def test_a_time_split_needs_no_more_than_the_split_needs(sales):
    steps = [TimeSplit(validation=0.2, test=0.2), Impute(), OneHot(["country"]), BOOSTED]
    audit = Pipeline(steps, target="late", time="at").audit_leakage(sales, rows=500)
    assert audit.rows == 500
    assert audit.training + audit.held_out <= 500


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"data": None}, ConfigurationError, "needs data"),
        ({"data": "frame", "rows": 10}, ConfigurationError, "at least 100 rows"),
        ({"data": "no target"}, DataError, "late"),
    ],
)
def test_bad_input_is_said_once(sales, given, error, said):
    frames = {"frame": sales, "no target": sales.drop(columns="late"), None: None}
    pipeline = Pipeline([OneHot(["country"]), BOOSTED], target="late", exclude=["at"])
    with pytest.raises(error, match=said):
        pipeline.audit_leakage(frames[given["data"]], **{key: each for key, each in given.items() if key != "data"})


def test_rows_beyond_memory_are_sampled_piece_by_piece(sales, tmp_path):
    folder = tmp_path / "sales"
    folder.mkdir()
    for number in range(4):
        sales.iloc[number * 500 : (number + 1) * 500].to_parquet(folder / f"part-{number}.parquet")
    for step, verdict in ((logarithm, "not observed"), (z_score, "violated")):
        steps = [ReadParquet(folder), step, OneHot(["country"]), BOOSTED]
        pipeline = Pipeline(steps, target="late", exclude=["at"])
        with override(rows_in_memory=1_000, rows_per_partition=500):
            audit = pipeline.audit_leakage(rows=800)
        assert audit.verdict == verdict, repr(audit)
        assert audit.rows == 800


TARGETS = {
    "numbers": lambda frame: frame["price"] * 2 + 1.0,
    "texts": lambda frame: pd.Series(np.where(frame["late"] == 1, "yes", "no"), index=frame.index, dtype="str"),
    "three classes": lambda frame: pd.cut(frame["price"], [-1, 20, 50, 1e9], labels=["low", "mid", "high"]).astype(
        "str"
    ),
    "nullable truth": lambda frame: frame["late"].astype("boolean").mask(frame["shop"] == 3),
}


@pytest.mark.quick("numbers", "three classes")
@pytest.mark.parametrize("target", TARGETS)
def test_targets_of_every_task_are_flipped(sales, target):
    frame = sales.drop(columns=["at", "late"]).assign(outcome=TARGETS[target](sales))
    learner = HistGradientBoostingRegressor(max_iter=5) if target == "numbers" else BOOSTED
    clean = Pipeline([TargetEncode(["shop"]), OneHot(["country"]), learner], target="outcome").audit_leakage(frame)
    assert clean.verdict == "not observed", repr(clean)
    assert {"flipped labels", "own target flipped"} <= set(clean.table["probe"])

    class Peeks(Transform):
        """Means of the target over the very rows they are given to."""

        def learn(self, train):
            codes = pd.Series(pd.factorize(train.y, sort=True)[0].astype("float64"), index=train.index)
            return codes.groupby(train["shop"]).mean().to_dict()

        def apply(self, rows, means):
            return rows.assign(shop=rows["shop"].map(means).fillna(0.0))

    leaky = Pipeline([Peeks(), OneHot(["country"]), learner], target="outcome").audit_leakage(frame)
    assert leaky.violated["step"].tolist() == ["Peeks"]
