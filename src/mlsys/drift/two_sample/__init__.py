"""Two-sample tests and effect sizes on counts: valid for any number of rows and levels."""

from mlsys.drift.two_sample.adjusting import benjamini_hochberg, e_benjamini_hochberg, e_values
from mlsys.drift.two_sample.difference import (
    OF_LEVELS,
    OF_NUMBERS,
    Difference,
    Test,
    comparable_levels,
    levels_differ,
    levels_effect,
    numbers_differ,
    numbers_effect,
    share_moved,
)
from mlsys.drift.two_sample.levels import share, two_sample_chi_square
from mlsys.drift.two_sample.numeric import ends_differ, kolmogorov, kolmogorov_smirnov
from mlsys.drift.two_sample.weighted import upper_tail

__all__ = [
    "OF_LEVELS",
    "OF_NUMBERS",
    "Difference",
    "Test",
    "benjamini_hochberg",
    "comparable_levels",
    "e_benjamini_hochberg",
    "e_values",
    "ends_differ",
    "kolmogorov",
    "kolmogorov_smirnov",
    "levels_differ",
    "levels_effect",
    "numbers_differ",
    "numbers_effect",
    "share",
    "share_moved",
    "two_sample_chi_square",
    "upper_tail",
]
