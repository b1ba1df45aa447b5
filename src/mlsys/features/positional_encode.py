"""PositionalEncode: encode a number as sines and cosines of fixed wavelengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from mlsys.errors import ConfigurationError
from mlsys.features._columns import blocks_of_numbers, refuse_taken, replaced, require
from mlsys.steps import Field, RowTransform

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray


class PositionalEncode(RowTransform):
    """Add the sine and cosine of columns at several wavelengths, so that a smooth model can fit fine detail.

    Parameters
    ----------
    columns : list of str
        Numeric columns: positions in a sequence, coordinates, times since a start.
    longest : float
        Longest wavelength, in the unit of the column: about the range of its values.
    shortest : float
        Shortest wavelength: about twice the smallest difference that matters.
    waves : int
        Number of wavelengths, spaced in equal ratios from the longest to the shortest.
    keep : bool
        Whether to keep the column beside ``<column>_sin1``, ``<column>_cos1``, ...; the first wave is the longest.

    Raises
    ------
    ConfigurationError
        If the wavelengths are not ``0 < shortest <= longest``.

    Notes
    -----
    This is the positional encoding of Vaswani et al. (2017) with fixed wavelengths; for coordinates, the Fourier
    features of Tancik et al. (2020) along each axis. For periodic values, such as the hour of the day, use
    `CyclicEncode`. The step learns nothing. Null and infinite numbers give null.

    References
    ----------
    Vaswani, A. et al. (2017). Attention is all you need. NeurIPS 30.

    Tancik, M. et al. (2020). Fourier features let networks learn high frequency functions in low dimensional domains.
    NeurIPS 33.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"km": [0.0, 25.0, 50.0]})
    >>> PositionalEncode(["km"], longest=100, shortest=50, waves=2).apply(places).round(3)
         km  km_sin1  km_cos1  km_sin2  km_cos2
    0   0.0      0.0      1.0      0.0      1.0
    1  25.0      1.0      0.0      0.0     -1.0
    2  50.0      0.0     -1.0     -0.0      1.0
    """

    columns: tuple[str, ...] | list[str]
    longest: float = 10_000.0
    shortest: float = 2 * np.pi
    waves: int = Field(default=8, ge=1)
    keep: bool = True
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Refuse an empty list of columns and wavelengths that there are not."""
        if not self.columns:
            raise ConfigurationError("PositionalEncode got no columns", 'name them: PositionalEncode(["km"])')
        if not 0 < self.shortest <= self.longest < np.inf:
            raise ConfigurationError(
                f"PositionalEncode got wavelengths from {self.longest} to {self.shortest}",
                "give 0 < shortest <= longest, in the unit of the column",
            )

    def apply(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return the frame with the waves added."""
        require(frame, list(self.columns), self.title)
        added: dict[str, NDArray[np.float64]] = {}
        lengths = np.geomspace(self.longest, self.shortest, self.waves).tolist()
        for names, block in blocks_of_numbers(frame, list(self.columns), self.title):
            for name, values in zip(names, block, strict=True):
                turns = np.where(np.isinf(values), np.nan, values) * (2 * np.pi)
                for number, length in enumerate(lengths, 1):
                    angle = turns / length
                    added[f"{name}_sin{number}"], added[f"{name}_cos{number}"] = np.sin(angle), np.cos(angle)
        dropped = () if self.keep else tuple(self.columns)
        refuse_taken(frame, list(added), dropped, self.title)
        return replaced(frame, {}, added, dropped)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the encoded columns."""
        return tuple(self.columns)
