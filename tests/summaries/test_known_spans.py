"""Spans of which only what was known by a moment counts: against a loop, also for numbers far apart."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.summaries import KnownSpans

NUMBERS = st.sampled_from([0.1, 0.2, 1.0, -3.0, 1e16, -1e16, 1e300, -1e300, math.inf, math.nan, 0.0])
few = st.integers(0, 8)
rows = st.lists(st.tuples(few, NUMBERS, st.integers(-1, 3)), min_size=1, max_size=40)
spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), few), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(rows, spans)
def test_each_span_has_what_a_loop_finds(rows, spans) -> None:
    known, numbers, codes = (np.array(each) for each in zip(*rows, strict=True))
    start, end, by = (np.array(each) for each in zip(*spans, strict=True))
    start, end = np.minimum(start, len(rows)), np.minimum(end, len(rows))
    made = KnownSpans(known, start, end, by)
    filled = np.where(np.isnan(numbers), -np.inf, numbers)
    inside = [
        [at for at in range(first, after) if known[at] < moment]
        for first, after, moment in zip(start, end, by, strict=True)
    ]
    marked = codes > 0
    assert made.counts(marked).tolist() == [int(marked[each].sum()) for each in inside]
    assert made.distinct(codes).tolist() == [len({c for c in codes[each].tolist() if c >= 0}) for each in inside]
    assert made.largest(filled, -np.inf).tolist() == [max(filled[each], default=-math.inf) for each in inside]
    wanted = [math.fsum(value for value in numbers[each].tolist() if not math.isnan(value)) for each in inside]
    np.testing.assert_array_equal(made.sums(numbers), wanted)
