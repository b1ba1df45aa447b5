"""What MLflow holds otherwise than it was given is told in a few lines."""

from __future__ import annotations

import pytest

from mlsys.run.tracked import MOST_TOLD, tell


@pytest.mark.parametrize(("many", "lines"), [(0, 0), (MOST_TOLD, MOST_TOLD), (40, MOST_TOLD + 1)])
def test_of_many_remarks_the_first_are_told(many: int, lines: int, caplog: pytest.LogCaptureFixture) -> None:
    tell([f"the key 'a@{number}' is written as 'a-{number}'" for number in range(many)])
    said = [each.getMessage() for each in caplog.records]
    assert len(said) == lines
    if many > MOST_TOLD:
        assert said[0] == "MLflow: the key 'a@0' is written as 'a-0'"
        assert said[-1] == f"MLflow: {many - MOST_TOLD} more remarks are in written_differently.txt of the run"
