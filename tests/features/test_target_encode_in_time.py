"""TargetEncode by time: a training row is encoded from earlier rows alone, of other groups where there are groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlsys import Pipeline, PredefinedSplit, Prepare, TargetEncode
from mlsys.dataset import Roles, Rows
from mlsys.engines import LocalEngine
from mlsys.errors import ConfigurationError
from mlsys.settings import override
from mlsys.states import digest
from mlsys.steps.learning import Learned, learn
from mlsys.steps.shown import folds_of_rows

ROWS = 200


def make_rows(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "shop": pd.Series(rng.choice(["north", "south", "east"], ROWS), dtype="str"),
            "customer": rng.integers(0, 20, ROWS),
            "at": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 150, ROWS), "D"),
            "binary": rng.integers(0, 2, ROWS),
            "money": rng.normal(10, 3, ROWS),
        }
    )
    frame["class"] = pd.Series(rng.choice(["a", "b", "c"], ROWS), dtype="str")
    return frame.sample(frac=1, random_state=1)


def crossed(frame: pd.DataFrame, target: str, step: TargetEncode | None = None, **roles: Any) -> pd.DataFrame:
    step = step or TargetEncode(["shop"], smoothing=3.0)
    known = Roles(target=target, **({"time": "at"} | roles))

    def shown(part: pd.DataFrame) -> Rows:
        return Rows.of(part, known, ["shop"], folds_of_rows(step, part, known, 0))

    learned: Learned = learn(step, LocalEngine().hold(None, frame), shown, np.random.default_rng(0))
    return step.apply_cross_fitted(shown(frame), learned.fold_states)


def blocks(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    days = frame["at"].astype("int64")
    return np.searchsorted(np.unique(np.quantile(days, [0.2, 0.4, 0.6, 0.8])), days, side="right")


def test_each_block_has_the_codes_of_the_rows_before_it() -> None:
    frame = make_rows()
    found, block = crossed(frame, "money"), blocks(frame)
    for number in range(1, 5):
        before, inside = frame[block < number], frame[block == number]
        alone = TargetEncode(["shop"], smoothing=3.0).fit(before, target="money").transform(inside)
        np.testing.assert_allclose(found.loc[inside.index, "shop"], alone["shop"], rtol=1e-12)
    first = found.loc[block == 0, "shop"]
    assert first.nunique() == 1 and first.iloc[0] == pytest.approx(frame.loc[block > 0, "money"].mean())


@pytest.mark.parametrize("target", ["binary", "class", "money"])
@pytest.mark.parametrize("group", [None, "customer"])
def test_neither_a_rows_own_target_nor_a_later_one_nor_its_groups_reaches_its_code(
    target: str, group: str | None
) -> None:
    frame = make_rows()
    before, block = crossed(frame, target, group=group), blocks(frame)
    written = [name for name in before if name.startswith("shop")]
    for row in frame.index[[0, 60, 199]]:
        of_group = frame["customer"] == frame.loc[row, "customer"] if group else frame.index == row
        hidden = of_group | ((block >= block[frame.index.get_loc(row)]) & (block[frame.index.get_loc(row)] > 0))
        other = {"binary": 1 - frame["binary"], "money": frame["money"] + 1e3, "class": frame["class"].shift(1)}
        flipped = frame.assign(**{target: frame[target].where(~hidden, other[target].fillna("a"))})
        after = crossed(flipped, target, group=group)
        assert after.loc[row, written].tolist() == before.loc[row, written].tolist()


def test_where_all_rows_are_of_one_time_folds_are_those_of_rows() -> None:
    frame = make_rows().assign(at=pd.Timestamp("2026-01-01"))
    pd.testing.assert_frame_equal(crossed(frame, "money"), crossed(frame, "money", time=None))
    named = TargetEncode(["shop"], smoothing=3.0, by_time=False)
    pd.testing.assert_frame_equal(crossed(make_rows(), "money", named), crossed(make_rows(), "money", time=None))


def test_a_row_without_a_time_is_encoded_from_all_blocks_before_the_last() -> None:
    frame = make_rows()
    frame.loc[frame.index[:5], "at"] = pd.NaT
    found = crossed(frame, "money")
    known = frame["at"].notna()
    last = frame.index[known][frame.loc[known, "at"].argmax()]
    for row in frame.index[:5]:
        same = frame.index[(frame["shop"] == frame.loc[row, "shop"]) & (frame["at"] == frame.loc[last, "at"])]
        assert (found.loc[same, "shop"] == found.loc[row, "shop"]).all()


@pytest.mark.parametrize("step", [TargetEncode(["shop"]), Prepare(["shop"], few=1, high="target", scale=False)])
def test_pipelines_with_a_time_role_encode_by_it_however_rows_are_cut(step: Any) -> None:
    frame = make_rows().assign(part=lambda rows: np.where(rows["at"] < "2026-05-01", "train", "validation"))
    frame = frame.drop(columns=["customer", "class", "binary"])

    def train() -> tuple[pd.DataFrame, str]:
        pipeline = Pipeline([PredefinedSplit("part"), step], target="money", time="at")
        run = pipeline.run(frame, track=False, cache=False, verbose=False)
        return run.frame("train"), digest(run.state(step.title))

    whole, state = train()
    assert whole.groupby(blocks(frame.loc[whole.index]))["shop"].nunique().tolist() == [1, 3, 3, 3, 3]
    with override(rows_per_partition=17):
        cut, again = train()
    pd.testing.assert_frame_equal(cut, whole)
    assert again == state


def test_by_time_without_a_time_is_refused_with_the_remedy() -> None:
    step = TargetEncode(["shop"], by_time=True)
    with pytest.raises(ConfigurationError, match="needs the time of rows") as caught:
        step.fit(make_rows(), target="money")
    assert "time=" in caught.value.remedy and step.fit(make_rows(), target="money", time="at")
