"""PositionalEncode adds waves of fixed lengths."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mlsys.errors import ConfigurationError
from mlsys.features import PositionalEncode


def test_it_is_the_encoding_of_vaswani() -> None:
    """sin(position / 10000^(2i/d)) and its cosine, from the last to the first dimension."""
    positions, width = np.arange(50.0), 16
    rates = 10_000 ** (2 * np.arange(width // 2) / width)
    step = PositionalEncode(["at"], longest=2 * np.pi * rates[-1], shortest=2 * np.pi, waves=width // 2)
    out = step.apply(pd.DataFrame({"at": positions}))
    for number, rate in enumerate(rates[::-1], 1):
        np.testing.assert_allclose(out[f"at_sin{number}"], np.sin(positions / rate), atol=1e-12)
        np.testing.assert_allclose(out[f"at_cos{number}"], np.cos(positions / rate), atol=1e-12)


def test_a_wave_comes_back_after_its_length() -> None:
    out = PositionalEncode(["x"], longest=7.0, shortest=7.0, waves=1).apply(pd.DataFrame({"x": [0.5, 7.5, 70.5]}))
    np.testing.assert_allclose(out["x_sin1"], np.sin(np.pi / 7), atol=1e-12)


def test_null_and_infinity_give_null_and_the_column_goes_when_asked() -> None:
    frame = pd.DataFrame({"x": [np.nan, np.inf, -np.inf, 0.0]})
    out = PositionalEncode(["x"], waves=1, keep=False).apply(frame)
    assert list(out) == ["x_sin1", "x_cos1"]
    assert out["x_cos1"].isna().tolist() == [True, True, True, False]


@pytest.mark.parametrize("wrong", [{"columns": []}, {"longest": 1.0}, {"shortest": 0.0}, {"longest": np.inf}])
def test_wavelengths_that_there_are_not_are_refused(wrong) -> None:
    with pytest.raises(ConfigurationError, match="no columns|wavelengths"):
        PositionalEncode(**{"columns": ["x"], **wrong})
