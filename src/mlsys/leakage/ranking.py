"""Leakage findings by what they usually cost: the measured effect on scores decides which is read first."""

from __future__ import annotations

RANK: dict[str, int] = {
    code: place
    for place, code in enumerate(
        [
            "LK401",  # looked at the test rows again
            "LK213",  # the same case on both sides
            "LK214",
            "LK211",  # the same group
            "LK212",
            "LK210",  # the future in training
            "LK216",
            "LK204",  # a column that knows the outcome
            "LK209",
            "LK218",
            "LK206",
            "LK207",
            "LK302",  # what the audit saw: the answer in training, the label, rows that judge, the batch
            "LK304",
            "LK301",
            "LK303",
            "LK221",  # tables and numbers from all rows
            "LK220",
            "LK201",
            "LK202",
            "LK215",
            "LK219",
            "LK217",
            "LK208",
            "LK205",
            "LK222",
        ]
    )
}
"""Place of each code. Over 2,047 tables (arXiv 2604.04199) choosing by test rows and memorised repeats cost most,
groups and times follow, and statistics of all rows, such as a scaler's, move an AUC by less than .005: wrong, but
rarely dear."""

OF_FEATURES = frozenset({"LK207", "LK208"})
"""Remarks on what a model may learn from a column as it is; moot where it is given another one in its place."""


def rank(code: str) -> tuple[int, str]:
    """Return what to sort findings of one severity by.

    Examples
    --------
    >>> sorted(["LK220", "LK213", "DR101"], key=rank)
    ['LK213', 'LK220', 'DR101']
    """
    return RANK.get(code, len(RANK)), code
