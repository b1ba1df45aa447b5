"""RiverDetector: river's detectors say what they say without the library."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from mlsys.drift import RiverDetector
from mlsys.errors import ConfigurationError, DataError


@pytest.fixture
def river() -> Any:
    return pytest.importorskip("river.drift", reason="river is not installed: pip install 'mlsys[streams]'")


def errors() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.random(1_500) < 0.2, rng.random(700) < 0.6])


def test_the_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "river.drift", None)
    with pytest.raises(ConfigurationError, match=r'pip install "mlsys\[streams\]"'):
        RiverDetector()


@pytest.mark.parametrize("name", ["ADWIN", "PageHinkley", "DDM"])
def test_alarms_are_those_of_river(name: str, river: Any) -> None:
    theirs, expected = getattr(river, name, None) or getattr(river.binary, name), []
    plain = theirs()
    for number, loss in enumerate(errors(), start=1):
        plain.update(loss)
        if plain.drift_detected:
            expected.append(number)
    found = RiverDetector(name)
    assert [alarm.at for alarm in found.update(errors())] == expected
    assert found.alarms == len(expected) > 0


def test_adwin_tells_the_rows_it_keeps_and_their_mean(river: Any) -> None:
    found = RiverDetector("ADWIN", delta=0.01)
    alarm, plain = found.update(errors())[-1], river.ADWIN(delta=0.01)
    for loss in errors()[: alarm.at]:
        plain.update(loss)
    assert (alarm.since, alarm.loss) == (alarm.at - plain.width + 1, plain.estimation)
    assert 1_300 < alarm.since <= alarm.at
    assert "no rate of false alarms" in repr(found)


def test_missing_losses_are_not_passed_on(river: Any) -> None:
    found = RiverDetector("KSWIN", seed=0)
    assert found.update([np.nan, -1.0, np.inf]) == []
    assert (found.seen, found.missing) == (3, 2)
    with pytest.raises(DataError, match="not numbers"):
        found.update("high")


def test_unknown_detectors_and_settings_are_refused(river: Any) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'ADWIN'"):
        RiverDetector("ADWINN")
    with pytest.raises(ConfigurationError, match="does not take"):
        RiverDetector("ADWIN", depth=3)
