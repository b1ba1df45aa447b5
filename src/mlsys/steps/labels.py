"""What a label may return in place of its values: values with remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlsys.errors import Finding


@dataclass(frozen=True)
class Labels:
    """What ``label`` may return in place of a Series or a frame.

    Parameters
    ----------
    values : Series or DataFrame
        One value per row, in a frame for each of several columns.
    findings : sequence of Finding
        Remarks, for the card.
    """

    values: Any
    findings: Sequence[Finding] = ()

    @classmethod
    def of(cls, answer: Any) -> Labels:
        """Return what ``label`` returned, with or without remarks."""
        return answer if isinstance(answer, Labels) else cls(answer)
