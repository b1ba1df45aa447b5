"""Objects are looked into without a call of the user's code, before and after they ran; what stays closed is said."""

from __future__ import annotations

import array
import functools
import itertools
import operator
import threading
import types
from collections import ChainMap, OrderedDict, UserDict, UserList, defaultdict, namedtuple
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import xxhash

from mlsys import Derive, Pipeline, RandomSplit, Transform
from mlsys.leakage.captured import captured_findings
from mlsys.leakage.captured_values import Holding, captured_values
from mlsys.leakage.inside import Opaque
from mlsys.leakage.statistics import Population
from mlsys.leakage.walking import Walk

GENERATOR = np.random.default_rng(0)
ROWS = 1_200
ALL = pd.DataFrame(GENERATOR.normal(size=(ROWS, 2)), columns=["a", "b"])
ALL["user"] = [f"u{number % 97}" for number in range(ROWS)]
ALL["height"] = ALL["user"].str[1:].astype(int) * 7.25
ALL["paid"] = GENERATOR.gamma(3, size=ROWS)
ALL["y"] = (ALL["a"] + GENERATOR.normal(size=ROWS) > 0).astype(int)
TRAIN = ALL.sample(frac=0.6, random_state=1)
RATES: dict[str, float] = ALL.groupby("user")["y"].mean().to_dict()


def inside(value: Any) -> list[Any]:
    return [leaf for _, leaf in Walk().data(value, "x")]


def has_rates(value: Any) -> bool:
    """Whether a walk comes to the rates, by user or in a row."""
    for leaf in inside(value):
        if isinstance(leaf, dict) and leaf == RATES:
            return True
        columns = [leaf] if isinstance(leaf, (np.ndarray, pd.Series)) else []
        columns += [leaf[name] for name in leaf] if isinstance(leaf, pd.DataFrame) else []
        if any(sorted(map(str, RATES.values())) == sorted(map(str, np.asarray(each).tolist())) for each in columns):
            return True
    return False


# --- no code of the user's runs ---


class Loud(RuntimeError):
    """Somebody called a method for a look."""


def loudly(*_: Any, **__: Any) -> Any:
    raise Loud


class LoudDict(dict):  # type: ignore[type-arg]
    items = keys = values = __iter__ = __len__ = __getitem__ = __contains__ = loudly  # type: ignore[assignment]


class LoudList(list):  # type: ignore[type-arg]
    __iter__ = __len__ = __getitem__ = loudly  # type: ignore[assignment]


class LoudMapping(Mapping[str, float]):
    def __init__(self) -> None:
        self.kept = RATES

    __getitem__ = __iter__ = __len__ = keys = items = loudly  # type: ignore[assignment]


class LoudObject:
    def __init__(self) -> None:
        vars(self)["kept"] = RATES

    asked = property(loudly)
    __getattr__ = loudly
    __eq__ = loudly  # type: ignore[assignment]
    __hash__ = loudly  # type: ignore[assignment]
    __repr__ = loudly
    __bool__ = loudly


class LoudSlots:
    __slots__ = ("kept",)
    __getattr__ = loudly

    def __init__(self) -> None:
        self.kept = RATES


class LoudDescriptor:
    __get__ = loudly


class LoudKeys:
    kept = LoudDescriptor()

    def __init__(self) -> None:
        self.by_object = {LoudKey(): rate for rate in RATES.values()}


class LoudKey:
    __repr__ = loudly


@pytest.mark.parametrize(
    "value",
    [LoudDict(RATES), LoudList([RATES]), LoudMapping(), LoudObject(), LoudSlots()],
    ids=lambda v: type(v).__name__,
)
def test_nothing_of_the_user_s_is_called_for_a_look(value: Any) -> None:
    assert has_rates(value)
    holdings = captured_values({"step": Derive({"z": lambda frame, held=value: frame["a"]})})
    assert any(isinstance(each.value, dict) and each.value == RATES for each in holdings)


def test_keys_of_a_dict_are_not_asked_either() -> None:
    assert sorted(inside(LoudKeys())[0].values()) == sorted(RATES.values())


# --- what is looked into ---

Pair = namedtuple("Pair", "rates other")


@dataclass(frozen=True)
class Frozen:
    rates: Any


class ByUser:
    rates = RATES

    def of(self, frame: pd.DataFrame) -> Any:
        return frame["user"].map(self.rates)


@functools.lru_cache(maxsize=500)
def bounded(user: str) -> float:
    return RATES[user]


@functools.cache
def unbounded(user: str) -> float:
    return RATES[user]


for each in RATES:
    bounded(each)
    unbounded(each)

LOCAL = threading.local()
LOCAL.rates = RATES
VARIABLE: ContextVar[Any] = ContextVar("rates")
VARIABLE.set(RATES)
NUMBERS = list(RATES.values())

INSIDE: dict[str, Any] = {
    "a frozen dataclass": Frozen(RATES),
    "a named tuple": Pair(RATES, 1),
    "a namespace": types.SimpleNamespace(rates=RATES),
    "a proxy": types.MappingProxyType(RATES),
    "a chain": ChainMap({}, RATES),
    "a dict of one's own": UserDict(RATES),
    "a list of one's own": UserList(NUMBERS),
    "an ordered dict": OrderedDict(RATES),
    "a dict with a default": defaultdict(float, RATES),
    "a thread's own": LOCAL,
    "a context variable": VARIABLE,
    "a partial function": functools.partial(print, RATES),
    "a method of a dict": RATES.get,
    "a look-up of a dict": RATES.__getitem__,
    "an iterator": iter([RATES]),
    "a chain of iterators": itertools.chain([RATES]),
    "a memo without bound": unbounded,
    "a memo with a bound": bounded,
    "pairs": list(RATES.items()),
    "a tuple of pairs": tuple(RATES.items()),
    "records": [{"user": user, "rate": rate} for user, rate in RATES.items()],
    "named records": [Pair(user, rate) for user, rate in RATES.items()],
    "a dict of pairs": {user: (user, rate) for user, rate in RATES.items()},
    "a structured array": np.array(list(RATES.items()), dtype=[("user", "U5"), ("rate", "f8")]),
    "records of numpy's": pd.Series(RATES).reset_index().to_records(index=False),
    "a masked array": np.ma.array(NUMBERS),
    "an array of Python's": array.array("d", NUMBERS),
    "a memory view": memoryview(np.array(NUMBERS)),
    "an array of objects": np.array(NUMBERS, dtype=object),
}


@pytest.mark.parametrize("name", INSIDE)
def test_data_is_found_inside(name: str) -> None:
    assert has_rates(INSIDE[name])


def test_functions_inside_objects_of_libraries_are_followed() -> None:
    rate_of = np.vectorize(lambda user: RATES[user])
    for one in (lambda frame: rate_of(frame["user"]), ByUser().of, functools.partial(lambda held, frame: 0, RATES)):
        assert any(each.value == RATES for each in captured_values({"step": Derive({"z": one})}))


def test_bounds_and_vectors_stay_as_they_are() -> None:
    vectors = {"a": [0.1, 0.2, 0.3], "b": [0.4, 0.5, 0.6], "c": [0.7, 0.8, 0.9]}
    assert [type(leaf) for leaf in inside(vectors)] == [np.ndarray] * 3


# --- what cannot be looked into ---


def test_a_compiled_object_that_shows_nothing_is_said_to_be_closed() -> None:
    closed = [leaf for leaf in inside(xxhash.xxh3_64(b"which it does not show")) if isinstance(leaf, Opaque)]
    assert len(closed) == 1
    found = findings(Holding("step", "z", "hash", closed[0]))
    assert [(each.code, each.severity) for each in found] == [("LK222", "information")]
    assert "xxhash" in found[0].message and "not inspected" in found[0].message


@pytest.mark.parametrize(
    "value",
    [threading.Lock(), np.random.default_rng(0), np.dtype("f8"), np.log, operator.itemgetter("a"), pd.Timedelta("1D"),
     pd.offsets.Day(), pd.Timestamp("2024-01-01", tz="Europe/Berlin").tz, print, object(), range(9), ValueError("x")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_tools_that_hold_nothing_are_not_mentioned(value: Any) -> None:
    assert not [leaf for leaf in inside([value]) if isinstance(leaf, Opaque)]


def test_where_a_walk_ends_early_it_says_so() -> None:
    many = [Frozen(f"text {number}") for number in range(1_001)]
    assert any(isinstance(leaf, Opaque) for leaf in inside(many))
    assert not any(isinstance(leaf, Opaque) for leaf in inside(many[:1_000]))


# --- what explains it ---


def findings(*held: Holding, everything: pd.DataFrame = ALL) -> list[Any]:
    everywhere = [Population("all rows", everything, ("y",))]
    training = [Population("training rows", everything.loc[everything.index.isin(TRAIN.index)], ("y",))]
    return captured_findings(held, everywhere, training, TRAIN.index, {"step": ["z"]})


def codes(value: Any) -> list[str]:
    return [each.code for leaf in inside(value) for each in findings(Holding("step", "z", "held", leaf))]


def fitted(rows: pd.DataFrame) -> dict[str, Any]:
    """Curves, lines and logarithms of some rows, and statistics of their groups without names."""
    rates = rows.groupby("user")["y"].mean()
    slope, intercept = np.polyfit(rows["b"], rows["y"], 1)
    return {
        "coefficients": np.polyfit(rows["b"], rows["y"], 3),
        "a polynomial": np.poly1d(np.polyfit(rows["b"], rows["y"], 2)),
        "a polynomial of the new kind": np.polynomial.Polynomial.fit(rows["b"], rows["y"], 3),
        "a polynomial of Chebyshev's": np.polynomial.Chebyshev.fit(rows["a"], rows["paid"], 4),
        "a trend by place": np.polyfit(np.arange(len(rows)), rows["paid"], 2),
        "a slope": float(slope),
        "an intercept": float(intercept),
        "a correlation": float(rows["a"].corr(rows["paid"])),
        "the mean of logarithms": float(np.log(rows["paid"]).mean()),
        "their spread": float(np.log(rows["paid"]).std()),
        "the mean of roots": float(np.sqrt(rows["paid"]).mean()),
        "means without names": rates.to_numpy(),
        "means in another order": rates.sort_values().tolist(),
        "counts without names": rows["user"].value_counts().to_numpy(),
    }


@pytest.mark.parametrize("name", fitted(ALL))
def test_what_was_fitted_on_all_rows_is_an_error_and_on_training_rows_none(name: str) -> None:
    assert "LK220" in codes(fitted(ALL)[name])
    assert "LK220" not in codes(fitted(TRAIN)[name])


@pytest.mark.parametrize("name", fitted(ALL))
def test_what_was_fitted_on_other_rows_is_no_error(name: str) -> None:
    generator = np.random.default_rng(9)
    other = ALL.assign(**{each: generator.permutation(ALL[each]) + generator.normal(0, 1e-6, ROWS) for each in "ab"})
    other = other.assign(paid=generator.gamma(2, size=ROWS), user=generator.choice(ALL["user"].unique(), ROWS))
    assert "LK220" not in codes(fitted(other.assign(y=generator.permutation(ALL["y"])))[name])


@pytest.mark.parametrize(
    "value",
    [[1.8, 32.0], [100, 200, 300], [0.2126, 0.7152, 0.0722], 6.62607015e-34, 299792458.0, 0.0174532925199433],
    ids=str,
)
def test_constants_accuse_nobody(value: Any) -> None:
    assert "LK220" not in codes(np.array(value) if isinstance(value, list) else value)


def test_an_exact_conversion_is_no_curve_that_was_fitted() -> None:
    frame = ALL.assign(celsius=ALL["a"].round(1), fahrenheit=ALL["a"].round(1) * 1.8 + 32)
    held = Holding("step", "z", "held", np.array([1.8, 32.000001]))
    assert not [each for each in findings(held, everything=frame) if each.code == "LK220"]


def test_what_is_known_of_groups_without_their_rows_is_no_finding() -> None:
    heights = ALL.groupby("user")["height"].first().to_numpy()
    few = ALL.loc[ALL.index.isin(TRAIN.index) | (ALL["user"] == "u1")]
    assert "LK220" not in [each.code for each in findings(Holding("step", "z", "held", heights), everything=few)]


def test_columns_of_lists_and_of_mixed_values_are_no_groups() -> None:
    odd = ALL.assign(lists=[[number] for number in range(ROWS)], mixed=[0, "a", (1,)] * (ROWS // 3))
    held = Holding("step", "z", "held", ALL.groupby("user")["y"].mean().to_numpy())
    assert [each.code for each in findings(held, everything=odd)] == ["LK220"]


def test_numbers_of_groups_in_their_own_order_are_no_finding() -> None:
    assert codes({user: place for place, user in enumerate(sorted(RATES))}) == []


# --- once it ran ---

KEPT: dict[str, float] = {}
LATER: Any = None


class Keeping:
    """Works out the rates of all rows when it is first called."""

    def __init__(self) -> None:
        self.rates: Any = None

    def __call__(self, frame: pd.DataFrame) -> Any:
        self.rates = dict(RATES) if self.rates is None else self.rates
        return frame["b"]

    @functools.cached_property
    def known(self) -> Any:
        return dict(RATES)

    def lazily(self, frame: pd.DataFrame) -> Any:
        return frame["b"] * len(self.known)


def into_a_global(frame: pd.DataFrame) -> Any:
    global LATER  # noqa: PLW0603
    LATER = dict(RATES)
    return frame["b"]


def into_itself(frame: pd.DataFrame) -> Any:
    into_itself.rates = dict(RATES)  # type: ignore[attr-defined]
    return frame["b"]


@functools.cache
def read_once() -> dict[str, float]:
    return dict(RATES_OF())


def RATES_OF() -> dict[str, float]:  # noqa: N802
    return dict(eval("RATES"))  # as a file would be read


def by_memo(frame: pd.DataFrame) -> Any:
    return frame["b"] * len(read_once())


def by_thread(frame: pd.DataFrame) -> Any:
    thread = threading.Thread(target=KEPT.update, args=(RATES_OF(),))
    thread.start()
    thread.join()
    return frame["b"]


class Late(Transform):
    """Keeps what it worked out in its class, after the split."""

    kept: ClassVar[Any] = None

    def learn(self, train: Any) -> int:
        return len(train)

    def apply(self, frame: pd.DataFrame, state: int) -> pd.DataFrame:
        Late.kept = RATES_OF()
        return frame


AFTERWARDS: dict[str, Callable[[], Any]] = {
    "an object": lambda: Derive({"z": Keeping()}),
    "a property that is cached": lambda: Derive({"z": Keeping().lazily}),
    "a global": lambda: Derive({"z": into_a_global}),
    "a function": lambda: Derive({"z": into_itself}),
    "a memo": lambda: Derive({"z": by_memo}),
    "a thread": lambda: Derive({"z": by_thread}),
    "a class, after the split": Late,
}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    global LATER  # noqa: PLW0603
    yield
    LATER, Late.kept = None, None
    KEPT.clear()
    read_once.cache_clear()
    vars(into_itself).clear()


@pytest.mark.parametrize("name", AFTERWARDS)
def test_what_is_kept_at_the_first_call_is_found_in_that_run(name: str) -> None:
    step = AFTERWARDS[name]()
    order = [RandomSplit(), step] if isinstance(step, Transform) else [step, RandomSplit()]
    run = Pipeline(order, target="y", exclude=["user"]).run(ALL, track=False, cache=False)
    assert "LK220" in [finding.code for finding in run.findings]


def test_it_is_said_again_where_the_function_does_not_run_again() -> None:
    def found() -> list[str]:
        run = Pipeline([Derive({"z": into_itself}), RandomSplit()], target="y", exclude=["user"]).run(ALL, track=False)
        vars(into_itself).clear()
        return [finding.code for finding in run.findings if finding.code == "LK220"]

    assert found() == found() == ["LK220"]
