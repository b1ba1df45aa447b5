"""How an answer is scored against what was expected, and whether a clean twin was accused."""

from __future__ import annotations

from dataclasses import dataclass

from leakbench.asking import Accusation, Answer
from leakbench.case import Case


@dataclass(frozen=True)
class Score:
    """One case, measured.

    Parameters
    ----------
    case : Case
        What was expected.
    leaky, clean : Answer
        What was said of the leak and of its twin.
    """

    case: Case
    leaky: Answer
    clean: Answer

    @property
    def counted(self) -> list[Accusation]:
        """What is held against the leak by a layer of the guard, and not against its twin in the same words."""
        twin = {each.about for each in (*self.clean.accusations, *self.clean.withheld)}
        said = [*self.leaky.accusations, *self.leaky.withheld]
        return [each for each in said if each.layer and each.about not in twin]

    @property
    def seen_by(self) -> tuple[int, ...]:
        """Expected layers that accuse."""
        return tuple(sorted({each.layer for each in self.counted} & set(self.case.expected.layers)))

    @property
    def caught(self) -> bool:
        """Whether a layer accuses."""
        return bool(self.counted)

    @property
    def hint(self) -> str:
        """A remark that names an expected step or column and is not made of the twin; empty where there is none."""
        wanted = self.case.expected
        twin = {each.about for each in self.clean.remarks}
        for each in self.leaky.remarks:
            named = set(wanted.columns) & set(each.columns) or set(wanted.steps) & set(each.steps)
            if named and each.about not in twin:
                return each.said
        return ""

    @property
    def step_right(self) -> bool | None:
        """Whether the step at fault is named; ``None`` where no step is."""
        wanted = set(self.case.expected.steps)
        return any(wanted & set(each.steps) for each in self.counted) if wanted else None

    @property
    def column_right(self) -> bool | None:
        """Whether one of the expected columns is named; ``None`` where it is about rows or order."""
        wanted = set(self.case.expected.columns)
        return any(wanted & set(each.columns) for each in self.counted) if wanted else None

    @property
    def innocent_columns(self) -> tuple[str, ...]:
        """Columns that findings and verdicts name beside the expected ones."""
        wanted = set(self.case.expected.columns)
        named = {name for each in self.counted if each.layer != 1 for name in each.columns}
        return tuple(sorted(named - wanted)) if wanted else ()

    @property
    def named(self) -> bool:
        """Whether the leak is caught and an expected step or column named, where one is."""
        asked = [each for each in (self.step_right, self.column_right) if each is not None]
        return self.caught and (not asked or any(asked))

    @property
    def right(self) -> bool:
        """Whether the leak is caught with step and column."""
        return self.verdict == "right"

    @property
    def verdict(self) -> str:
        """How it went, in words."""
        if not self.caught:
            return "hint" if self.hint else "missed"
        if self.step_right is False:
            return "step not named"
        return "column not named" if self.column_right is False else "right"

    @property
    def accused(self) -> list[str]:
        """What was held against the clean twin."""
        return [each.said for each in self.clean.accusations] + ([self.clean.crash] if self.clean.crash else [])
