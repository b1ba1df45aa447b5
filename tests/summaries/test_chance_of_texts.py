"""Long texts that are equal are one case; names chosen from a list are equal by chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys import RandomSplit, StratifiedSplit
from mlsys.leakage.repeats import repeat_findings
from mlsys.summaries import equal_by_chance


def texts(generator: np.random.Generator, count: int, length: int = 120) -> list[str]:
    return ["".join(each) for each in generator.choice(list("abcdefghij "), (count, length))]


def both_sides(frame: pd.DataFrame, split: RandomSplit | StratifiedSplit) -> int:
    parts = split.split(frame, target="y")
    return len(set(parts["train"]["text"]) & set(parts["test"]["text"]))


@pytest.mark.parametrize("kind", ["str", "object", "category", "string[pyarrow]"])
@pytest.mark.parametrize("times", [2, 5])
def test_texts_that_are_sent_again_stay_in_one_part(kind: str, times: int, rng: np.random.Generator) -> None:
    frame = pd.DataFrame({"text": texts(rng, 1_000), "y": rng.integers(0, 2, 1_000)})
    frame = pd.concat([frame, *[frame[:300]] * (times - 1)], ignore_index=True).astype({"text": kind})
    for split in (StratifiedSplit(validation=0), RandomSplit(validation=0)):
        assert both_sides(frame, split) == 0
        assert both_sides(frame.assign(length=frame["text"].astype(str).str.len()), split) == 0


def test_form_letters_and_long_names_of_a_list_go_by_their_own_ids(rng: np.random.Generator) -> None:
    letter = "We confirm that we have received your message and will answer it as soon as we can."
    frame = pd.DataFrame({"text": [*texts(rng, 500), *[letter] * 500], "y": rng.integers(0, 2, 1_000)})
    assert both_sides(frame, StratifiedSplit(validation=0)) == 1
    names = texts(rng, 12, 60)
    frame = pd.DataFrame({"text": rng.choice(names, 600), "y": rng.integers(0, 2, 600)})
    assert both_sides(frame, StratifiedSplit(validation=0)) == 12


def test_how_improbable_a_text_is_grows_with_its_length(rng: np.random.Generator) -> None:
    expected = [
        equal_by_chance(f := pd.DataFrame({"text": texts(rng, 400, length)}), f, 400)[0] for length in (3, 40, 80)
    ]
    assert expected[0] >= 1 > expected[1] > expected[2] > 0


def test_repeated_texts_on_both_sides_are_a_warning_though_they_are_the_only_feature(rng: np.random.Generator) -> None:
    known = pd.DataFrame({"text": texts(rng, 800), "y": rng.integers(0, 2, 800)})
    judged = pd.concat([known[:100], pd.DataFrame({"text": texts(rng, 200), "y": 0})], ignore_index=True)
    (finding,) = repeat_findings(known, judged, "validation", ["text"], "y")
    assert (finding.code, finding.severity) == ("LK213", "warning")
    shorter = known.assign(text=rng.choice(["yes", "no", "perhaps"], 800))
    told = repeat_findings(shorter, shorter[:200], "validation", ["text"], None)
    assert [each.severity for each in told] == ["information"]
