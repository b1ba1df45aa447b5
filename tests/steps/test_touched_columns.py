"""Built-in transforms touch no column but those that they say they read: passes may leave out the others."""

from __future__ import annotations

import pandas as pd

from mlsys.dataset import Roles
from mlsys.engines import LocalEngine
from mlsys.execution.catalog import Catalog
from mlsys.execution.reads import cross_fitted
from mlsys.execution.work import View
from mlsys.steps import Fitted, Transform
from mlsys.steps.learning import learn
from mlsys.steps.seeds import generator
from mlsys.steps.shown import Shown

from .test_gathering import orders
from .test_public_steps import CASES

ROLES = Roles(target="returned", time="ordered", group="customer")


def transforms(shop: pd.DataFrame) -> list[str]:
    given = orders(shop)
    return [name for name, make in CASES.items() if isinstance(make(given)[0], Transform)]


def assert_touches(before: pd.DataFrame, after: pd.DataFrame, narrow: pd.DataFrame, reads: list[str], who: str) -> None:
    untouched = [name for name in before.columns if name not in reads]
    pd.testing.assert_frame_equal(after[untouched], before[untouched], obj=who)
    made = [name for name in after.columns if name not in untouched]
    pd.testing.assert_frame_equal(narrow, after[made], check_column_type=False, obj=who)


def test_transforms_change_and_read_what_they_say(shop: pd.DataFrame) -> None:
    seen = 0
    for name in transforms(shop):
        step, given, _ = CASES[name](orders(shop))
        if not isinstance(given, pd.DataFrame) or not step.is_ours:
            continue
        frame = given.reset_index(drop=True)
        features = [each for each in frame.columns if each not in ROLES.columns()]
        found = learn(step, LocalEngine().hold(None, frame), Shown(step, ROLES, features), generator(0, step))
        fitted = Fitted(step, found.state)
        reads = fitted.columns_read(frame.columns)
        assert reads is not None, name
        asked = [each for each in frame.columns if each in reads]
        assert_touches(frame, fitted.transform(frame), fitted.transform(frame[asked]), asked, name)
        seen += 1
        if step.cross_fits:
            view = View(ROLES, Catalog(ROLES), 0)
            asked = [each for each in frame.columns if each in {*reads, *ROLES.columns()}]
            whole, narrow = (cross_fitted(step, view, found.fold_states, rows) for rows in (frame, frame[asked]))
            assert_touches(frame, whole, narrow, asked, name)
    assert seen > 20
