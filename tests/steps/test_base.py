"""A step is its configuration: checked when it is made, equal by content, never changed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import pytest

from mlsys import Field, RowTransform, Step, Transform
from mlsys.errors import ConfigurationError, ContractError


class Clip(Transform):
    columns: tuple[str, ...]
    quantile: float = 0.99
    side: Literal["upper", "both"] = Field(default="upper", kw_only=True)

    def learn(self, train):
        return train[list(self.columns)].quantile(self.quantile)

    def apply(self, frame, limits):
        return frame.assign(**frame[list(self.columns)].clip(upper=limits, axis=1))


class ClipMore(Clip):
    extra: float = 0.0


class Fit(Transform):
    estimator: Any

    def learn(self, train):
        return {"nothing": 0}

    def apply(self, frame, state):
        return frame


def test_fields_are_given_by_position_or_by_name() -> None:
    assert Clip(("x",), 0.9) == Clip(columns=("x",), quantile=0.9)
    assert Clip(("x",)).quantile == 0.99
    assert Clip(("x",), side="both", name="clip").title == "clip"


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Clip(quantle="high", quantile="high", side="lower")
    text = str(caught.value)
    for part in ("columns: must be given", "quantle: no such field, did you mean 'quantile'?", "quantile:", "side:"):
        assert part in text, text


def test_a_text_where_a_list_belongs_is_corrected() -> None:
    with pytest.raises(ConfigurationError, match=r"write columns=\['x'\]"):
        Clip("x")


def test_too_many_positional_arguments_are_told_with_the_fields() -> None:
    with pytest.raises(ConfigurationError, match="at most 2: columns, quantile"):
        Clip(("x",), 0.9, "both")


@pytest.mark.parametrize(
    "columns",
    [["x", "y"], ("x", "y"), pd.Index(["x", "y"]), np.array(["x", "y"])],
    ids=lambda each: type(each).__name__,
)
def test_sequences_become_tuples(columns: Any) -> None:
    step = Clip(columns)
    assert step.columns == ("x", "y")
    assert step == Clip(("x", "y")) and hash(step) == hash(Clip(("x", "y")))


def test_a_step_never_changes() -> None:
    step = Clip(("x",))
    with pytest.raises(ContractError, match=r"use step.with_\(quantile="):
        step.quantile = 0.5
    with pytest.raises(ContractError, match="return what was learned from learn"):
        step.mean_ = 1.0
    assert step == Clip(("x",))


def test_equality_is_by_class_and_configuration() -> None:
    assert Clip(("x",)) != Clip(("y",))
    assert Clip(("x",)) != ClipMore(("x",))
    assert Clip(("x",), name="a") != Clip(("x",), name="b")
    assert len({Clip(("x",)), Clip(["x"]), Clip(("x",), 0.99)}) == 1
    assert Clip(("x",)) != ("x",)


def test_with_returns_another_step() -> None:
    step = Clip(("x",))
    assert step.with_(quantile=0.5) == Clip(("x",), 0.5)
    assert step.quantile == 0.99
    with pytest.raises(ConfigurationError, match="no such field"):
        step.with_(quantiles=0.5)


def test_repr_shows_what_is_not_default() -> None:
    assert repr(Clip(["x"], side="both")) == "Clip(columns=['x'], side='both')"
    assert repr(ClipMore(("x",), extra=1.0)) == "ClipMore(columns=['x'], extra=1.0)"


def test_a_subclass_of_a_subclass_has_all_fields_and_hooks() -> None:
    step = ClipMore(("x",), 0.5, 2.0)
    assert [each.name for each in dataclasses.fields(step)][-4:] == ["columns", "quantile", "side", "extra"]
    frame = pd.DataFrame({"x": [0.0, 1.0, 10.0]})
    assert step.fit(frame).transform(frame)["x"].tolist() == [0.0, 1.0, 1.0]
    assert step.kind == "Transform" and step.facts == Transform.facts


def test_estimators_are_cloned() -> None:
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit([[1.0], [2.0]])
    step = Fit(scaler)
    assert step.estimator is not scaler and not hasattr(step.estimator, "mean_")
    scaler.set_params(with_mean=False)
    assert step == Fit(StandardScaler())


def test_dicts_are_copied() -> None:
    class Rename(RowTransform):
        names: dict[str, str]

        def apply(self, frame):
            return frame.rename(columns=self.names)

    given = {"a": "b"}
    step = Rename(given)
    given["c"] = "d"
    assert step.names == {"a": "b"}


def test_a_step_knows_the_line_that_made_it() -> None:
    path, line = Clip(("x",)).made_at.rsplit(":", maxsplit=1)
    assert path == __file__
    assert "Clip((" in Path(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_where_a_step_was_made_is_no_configuration() -> None:
    one = Clip(("x",))
    other = Clip(("x",))
    assert one.made_at != other.made_at and one == other


@pytest.mark.parametrize(
    ("written", "hook"),
    [("transform", "apply"), ("fit", "learn"), ("fit_transform", "learn and apply"), ("fit_resample", "change")],
)
def test_names_of_other_libraries_are_told_the_hook(written: str, hook: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"write the hook {hook}\(\)"):
        type("Wrong", (Transform,), {written: lambda self, frame: frame, "__module__": __name__})


def test_an_own_init_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="declare the arguments as annotated fields"):

        class Wrong(RowTransform):
            def __init__(self, columns):
                pass

            def apply(self, frame):
                return frame


def test_a_default_without_annotation_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="write `quantile: float = 0.99`"):

        class Wrong(RowTransform):
            quantile = 0.99

            def apply(self, frame):
                return frame


def test_a_class_variable_is_no_field() -> None:
    class Known(RowTransform):
        limit: ClassVar[float] = 3.0

        def apply(self, frame):
            return frame

    assert Known().limit == 3.0 and "limit" not in Known().configuration()


def test_a_missing_hook_is_told() -> None:
    with pytest.raises(ConfigurationError, match="lacks the hook apply"):

        class Wrong(RowTransform):
            pass


def test_every_kind_states_six_facts() -> None:
    kinds = [kind for kind in Step.__subclasses__() if kind.kind == kind.__name__]
    assert len(kinds) == 13
    for kind in kinds:
        assert len(dataclasses.fields(kind.facts)) == 6 and str(kind.facts)
        assert kind.hooks
