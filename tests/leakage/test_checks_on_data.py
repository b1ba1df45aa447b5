"""The checks on the data, one by one: against independent references, on clean data and on data that leaks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mlsys.dataset import Roles, Rows
from mlsys.findings import TABLE, rank
from mlsys.leakage.dates import date_findings
from mlsys.leakage.differing import difference_findings
from mlsys.leakage.identifiers import identifier_findings
from mlsys.leakage.missingness import missingness_findings
from mlsys.leakage.near import near_findings
from mlsys.leakage.near_text import ALIKE, SHINGLE, near_text_findings, near_texts
from mlsys.leakage.overlap import overlap_findings
from mlsys.leakage.power import feature_power
from mlsys.leakage.repeats import repeat_findings
from mlsys.leakage.separation import auc_of


def columns(generator: np.random.Generator, rows: int, count: int = 5) -> pd.DataFrame:
    return pd.DataFrame(generator.normal(size=(rows, count))).add_prefix("x")


def power_of(frame: pd.DataFrame, target: str = "y") -> pd.DataFrame:
    return feature_power(Rows.of(frame, Roles(target=target), tuple(frame.columns.drop(target))))


# --- how well one column tells ---


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_auc_agrees_with_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    levels = generator.integers(0, 6, 400)
    event = generator.random(400) < 0.2 + 0.1 * levels
    rates = np.array([(event[:200] & (levels[:200] == k)).sum() + event[:200].mean() for k in range(6)])
    rates /= np.bincount(levels[:200], minlength=6) + 1
    auc, error = auc_of(levels, event, 200)
    assert auc == pytest.approx(roc_auc_score(event[200:], rates[levels[200:]]))
    assert 0.01 < error < 0.1


def test_power_says_how_well_nulls_alone_do(rng: np.random.Generator) -> None:
    y = rng.random(4_000) < 0.5
    frame = columns(rng, 4_000, 3).assign(y=y)
    frame["x0"] = frame["x0"].where(~y | (rng.random(4_000) < 0.2))
    power = power_of(frame).set_index("column")
    assert power.loc["x0", "missing_auc"] == pytest.approx(
        0.9, abs=0.02
    )  # null for .8 of the one class, 0 of the other
    assert power.loc[["x1", "x2"], "missing_auc"].isna().all()


# --- missingness ---


def test_nulls_that_a_whole_form_shares_count_as_one_column(rng: np.random.Generator) -> None:
    y = rng.random(3_000) < 0.4
    frame = columns(rng, 3_000, 6).assign(y=y)
    frame.loc[y, ["x0", "x1", "x2"]] = np.nan
    power = power_of(frame)
    (finding,) = missingness_findings(power, frame, frame["y"])
    assert set(finding.columns) == {"x0", "x1", "x2"} and finding.severity == "error"


def test_a_column_whose_values_tell_more_than_its_nulls_is_left_to_them(rng: np.random.Generator) -> None:
    y = rng.random(3_000) < 0.5
    frame = columns(rng, 3_000, 3).assign(y=y)
    frame["x0"] = np.where(rng.random(3_000) < 0.1, np.nan, y + rng.normal(0, 0.2, 3_000))
    assert missingness_findings(power_of(frame), frame, frame["y"]) == []


def test_gaps_that_follow_a_quantity_are_information(rng: np.random.Generator) -> None:
    y = rng.normal(size=3_000)
    frame = columns(rng, 3_000, 3).assign(y=y)
    frame["x0"] = frame["x0"].where(y < 0)
    (finding,) = missingness_findings(power_of(frame), frame, frame["y"])
    assert finding.severity == "information"


# --- ids and dates ---


@pytest.mark.parametrize(
    ("column", "names"),
    [
        (pd.Series(np.arange(1_000) + 70_000), True),
        (pd.Series([f"id-{7 * number}" for number in range(1_000)]), True),
        (pd.Series(np.random.default_rng(1).permutation(1_000).astype(float)), True),
        (pd.Series(np.random.default_rng(1).normal(size=1_000)), False),
        (pd.Series(np.random.default_rng(1).integers(0, 10**8, 1_000)), False),  # cents: most numbers are left out
        (pd.Series([f"a sentence about number {number}" for number in range(1_000)]), False),
        (pd.Series(np.arange(1_000) % 200), False),
    ],
    ids=["a counter", "codes", "a shuffled counter", "a measurement", "amounts", "sentences", "few values"],
)
def test_what_names_rows_is_told_from_what_describes_them(column: pd.Series, names: bool) -> None:
    frame = pd.DataFrame({"z": column, "y": np.arange(1_000) % 2})
    found = identifier_findings(frame, ["z"], power_of(frame), 1_000)
    assert [finding.severity for finding in found] == (["information"] if names else [])


def test_dates_are_told_whatever_the_split_and_years_only_where_it_follows_time() -> None:
    years = pd.DataFrame({"year": [2019, 2020] * 50, "day": pd.date_range("2019-01-01", periods=100)})
    parts = {"train": years, "validation": years.assign(year=2021)}
    found = [date_findings(parts, ["year", "day"], follows) for follows in (True, False)]
    assert [[finding.columns for finding in each] for each in found] == [[("day",), ("year",)], [("day",)]]


# --- rows on both sides ---


def test_equal_rows_are_found_in_any_number_of_rows(rng: np.random.Generator) -> None:
    frame = columns(rng, 300_000, 4)
    part = pd.concat([columns(rng, 9_000, 4), frame[:1_000]])
    (finding,) = repeat_findings(frame, part, "validation", list(frame.columns), None)
    assert finding.code == "LK213" and finding.severity == "warning" and "1,000 of 10,000" in finding.message


def test_labels_of_a_part_without_them_are_not_needed(rng: np.random.Generator) -> None:
    frame = columns(rng, 2_000, 4).assign(y=rng.random(2_000) < 0.5)
    sealed = frame[:500].drop(columns="y")
    assert [f.code for f in repeat_findings(frame, sealed, "test", ["x0", "x1", "x2", "x3"], "y")] == ["LK213"]


def test_coarse_columns_repeat_by_chance(rng: np.random.Generator) -> None:
    frame = pd.DataFrame(rng.integers(0, 4, size=(4_000, 5))).add_prefix("x").assign(y=rng.random(4_000) < 0.5)
    found = repeat_findings(frame[:3_000], frame[3_000:], "validation", [f"x{n}" for n in range(5)], "y")
    assert {finding.severity for finding in found} == {"information"}


def test_another_value_of_a_quantity_is_no_other_label(rng: np.random.Generator) -> None:
    frame = columns(rng, 500, 4).assign(y=rng.normal(size=500))
    found = repeat_findings(frame, frame.assign(y=rng.normal(size=500)), "validation", ["x0", "x1", "x2", "x3"], "y")
    assert [finding.code for finding in found] == ["LK213"]


def test_labels_known_before_the_judged_rows_begin_are_no_finding() -> None:
    days = pd.DataFrame({"t": pd.date_range("2024-01-01", periods=100), "y": 0})
    parts, roles = {"train": days[:80], "validation": days[80:]}, Roles(target="y", time="t")
    late = [days["t"][:80] + pd.Timedelta(delay) for delay in ("0D", "1D", "10D")]
    found = [overlap_findings(parts, roles, known_at) for known_at in late]
    assert [len(each) for each in found] == [0, 1, 1]
    assert "10 of 80" in found[2][0].message and found[2][0].severity == "warning"


# --- near rows ---


def noisy(frame: pd.DataFrame, noise: float, generator: np.random.Generator) -> pd.DataFrame:
    return frame + generator.normal(0, noise, frame.shape)


def interpolated(frame: pd.DataFrame, rows: int, generator: np.random.Generator) -> pd.DataFrame:
    """Points between a row and one of its five nearest, as SMOTE makes them."""
    from sklearn.neighbors import NearestNeighbors

    values = frame.to_numpy()
    near = NearestNeighbors(n_neighbors=6).fit(values).kneighbors(values)[1]
    start = generator.integers(0, len(values), rows)
    end = near[start, generator.integers(1, 6, rows)]
    made = values[start] + generator.random((rows, 1)) * (values[end] - values[start])
    return pd.DataFrame(made, columns=frame.columns)


def split_by_chance(frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    return shuffled[: len(frame) * 7 // 10], shuffled[len(frame) * 7 // 10 :]


@pytest.mark.parametrize("noise", [1e-6, 1e-3, 0.02])
def test_copies_with_noise_are_found(noise: float, rng: np.random.Generator) -> None:
    frame = columns(rng, 2_000)
    train, part = split_by_chance(pd.concat([frame, noisy(frame[:600], noise, rng)]))
    (finding,) = near_findings(train, part, "validation", list(frame.columns))
    assert finding.severity == "warning" and finding.columns == tuple(frame.columns)


def test_interpolated_rows_are_found(rng: np.random.Generator) -> None:
    frame = columns(rng, 2_000)
    made = interpolated(frame[:300], 1_400, rng)
    train, part = split_by_chance(pd.concat([frame, made]))
    assert near_findings(train, part, "validation", list(frame.columns))


def test_tiny_noise_is_found_in_two_columns_as_well(rng: np.random.Generator) -> None:
    frame = columns(rng, 2_000, 2)
    train, part = split_by_chance(pd.concat([frame, noisy(frame[:600], 1e-6, rng)]))
    assert near_findings(train, part, "validation", ["x0", "x1"])


def test_dense_data_is_not_accused(rng: np.random.Generator) -> None:
    close = columns(rng, 20_000, 2) * 1e-9  # every row has a neighbour within 1e-11
    train, part = split_by_chance(close)
    assert near_findings(train, part, "validation", ["x0", "x1"]) == []


def words(generator: np.random.Generator, count: int) -> list[str]:
    known = ["".join(generator.choice(list("abcdefghijklmnopqrstuvwxyz"), 6)) for _ in range(2_000)]
    return [" ".join(generator.choice(known, 30)) for _ in range(count)]


def shingles(text: str) -> set[str]:
    cleaned = " ".join(text.lower().split())
    return {cleaned[place : place + SHINGLE] for place in range(len(cleaned) - SHINGLE + 1)}


def test_near_texts_are_those_that_a_brute_force_finds(rng: np.random.Generator) -> None:
    known = words(rng, 200)
    asked = [text.replace(" ", "  ", 3).upper() for text in known[:20]]
    asked += [" ".join(["other", *text.split()[changed:]]) for changed, text in enumerate(known[20:40])]
    found = near_texts(pd.Series(asked), pd.Series(known)) > 0
    pairs = [[shingles(one), shingles(other)] for one, other in zip(asked, known[:40], strict=True)]
    alike = np.array([len(one & other) / len(one | other) for one, other in pairs]) >= ALIKE
    assert not (found & ~alike).any()
    assert found[alike].mean() > 0.9  # two of a hundred pairs as alike as .8 share no band


def test_texts_copied_with_a_word_changed_are_found_and_templates_are_not(rng: np.random.Generator) -> None:
    texts = words(rng, 1_000)
    copies = [f"{text} indeed" for text in texts[:200]]
    train = pd.DataFrame({"text": texts[:800]})
    (finding,) = near_text_findings(train, pd.DataFrame({"text": copies + texts[800:]}), "validation", ["text"])
    assert finding.severity == "warning" and finding.columns == ("text",)
    letters = [
        f"Dear customer, your parcel number {number} will be brought on day {number % 9}" for number in range(900)
    ]
    made = pd.DataFrame({"text": letters})
    assert near_text_findings(made[:700], made[700:], "validation", ["text"]) == []


def test_empty_and_short_texts_are_no_trouble() -> None:
    texts = pd.Series(["", "a", "abcde", None, "x" * 500])
    assert near_texts(texts, texts).tolist() == [0, 0, 1, 0, 1]


# --- order ---


def test_repeats_and_groups_come_before_statistics_of_all_rows() -> None:
    order = sorted((each.code for each in TABLE), key=rank)
    assert [order.index(code) for code in ("LK213", "LK211", "LK210", "LK204", "LK220")] == sorted(
        order.index(code) for code in ("LK213", "LK211", "LK210", "LK204", "LK220")
    )


# --- false alarms ---


def by_the_piece(generator: np.random.Generator, rows: int, count: int) -> np.ndarray:
    """Amounts, and each divided by a whole number: rows lie on lines through the origin."""
    amounts = generator.gamma(2, 9, size=(rows, max(count // 2, 1)))
    return np.c_[amounts, amounts / generator.integers(1, 9, size=amounts.shape)]


SHAPES = {
    "amounts by the piece": by_the_piece,
    "normal": lambda g, n, d: g.normal(size=(n, d)),
    "log-normal": lambda g, n, d: np.exp(1.5 * g.normal(size=(n, d))),
    "heavy-tailed": lambda g, n, d: g.standard_t(2, size=(n, d)),
    "correlated": lambda g, n, d: g.normal(size=(n, d)) @ g.normal(size=(d, d)),
    "in 20 clusters": lambda g, n, d: 0.1 * g.normal(size=(n, d)) + g.normal(size=(20, d))[g.integers(0, 20, n)],
    "on a curved surface": lambda g, n, d: np.tanh(g.normal(size=(n, 2)) @ g.normal(size=(2, d))),
    "rounded": lambda g, n, d: np.round(g.normal(size=(n, d)), 3),
    "of two scales": lambda g, n, d: g.normal(size=(n, d)) * np.where(g.random(n) < 0.5, 1, 0.05)[:, None],
    "with many zeros": lambda g, n, d: np.where(g.random((n, d)) < 0.3, 0, g.gamma(2, 2, size=(n, d))),
}


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_near_rows_of_clean_tables_raise_no_alarm(shape: str) -> None:
    alarms = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        rows, count = int(generator.choice([800, 2_000, 5_000, 12_000])), int(generator.integers(2, 9))
        frame = pd.DataFrame(SHAPES[shape](generator, rows, count)).add_prefix("x")
        alarms += bool(near_findings(*split_by_chance(frame), "validation", list(frame.columns)))
    assert alarms == 0


@pytest.mark.long
def test_differences_of_chance_splits_raise_no_alarm() -> None:
    alarms = 0
    for seed in range(1_000):
        generator = np.random.default_rng(seed)
        frame = columns(generator, 1_000, 15)
        frame = frame.assign(**{f"c{n}": generator.integers(0, 3 * n + 2, 1_000).astype(str) for n in range(5)})
        alarms += bool(difference_findings(*split_by_chance(frame), "validation", list(frame.columns), True))
    assert alarms == 0


@pytest.mark.long
def test_gaps_that_have_nothing_to_do_with_the_target_raise_no_alarm() -> None:
    alarms = 0
    for seed in range(2_000):
        generator = np.random.default_rng(seed)
        frame = columns(generator, int(generator.choice([100, 300, 1_000])), 20)
        frame = frame.mask(generator.random(frame.shape) < generator.random(20))
        frame["y"] = generator.random(len(frame)) < generator.choice([0.05, 0.3, 0.5])
        alarms += bool(missingness_findings(power_of(frame), frame, frame["y"]))
    assert alarms == 0
