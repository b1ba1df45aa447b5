"""Resample: an imbalanced-learn sampler on training rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mlsys.blocks import dtypes_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._sampler_errors import sampler_error
from mlsys.sampling._samplers import completed, numpy_target, numpy_types, origins
from mlsys.steps import TrainOnly
from mlsys.steps.cloning import unfitted
from mlsys.values import BlockDtype, with_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Rows

_AT_RANDOM = frozenset({"RandomOverSampler", "RandomUnderSampler"})


class Resample(TrainOnly):
    """Repeat, drop or synthesize training rows with a sampler; all other rows stay unchanged.

    Parameters
    ----------
    sampler : object
        Any object with ``fit_resample(X, y)``, such as ``imblearn.over_sampling.SMOTE()``. A ``random_state`` of
        ``None`` is set from the pipeline's seed.

    Raises
    ------
    DataError
        If the features hold values that the sampler cannot use (text, timestamps, nulls, infinite numbers), or a class
        has too few rows for its neighbours, or is absent. The message names the columns, or the classes with their
        counts.

    Notes
    -----
    The sampler sees only features and target. Kept and repeated rows keep all their other columns; synthesized rows
    (SMOTE) get null there, and the mean weight of their class if there are weights. If a sampler does not say
    which rows it kept (``sample_indices_``), rows are matched by value, and each old row counts once. A model that
    learns from resampled rows gives the rare class too high a probability, so probabilities are corrected back to the
    shares of the classes before (Elkan 2001), and the card says so; ``prediction`` stays the class that the resampled
    rows taught, and ``TuneThreshold`` chooses another cut. Trees that follow repeated rows closely learn less of the
    changed shares than is corrected: ``Calibrate`` then corrects what is left. Gathers all rows.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> frame = pd.DataFrame({"x": range(10), "y": [0] * 8 + [1] * 2})
    >>> Resample(RandomOverSampler()).resample(frame, target="y")["y"].value_counts().to_dict()
    {0: 8, 1: 8}
    """

    sampler: Any
    of_one_target: ClassVar[bool] = True
    changes_shares: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that it is a sampler."""
        if isinstance(self.sampler, type) or not hasattr(self.sampler, "fit_resample"):
            raise ConfigurationError(
                f"{self.title} got {self.sampler!r}, which has no fit_resample(X, y)",
                "give an instance of an imbalanced-learn sampler, such as RandomUnderSampler()",
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return all features."""
        return tuple(columns)

    def change(self, train: Rows, rng: np.random.Generator) -> pd.DataFrame:
        """Return the resampled training rows."""
        sampler = unfitted(self.sampler)
        if hasattr(sampler, "get_params"):
            unset = [name for name, value in sorted(sampler.get_params().items()) if value is None]
            seeds = {name: int(rng.integers(2**31)) for name in unset if name.endswith("random_state")}
            sampler.set_params(**seeds)
        features, target = numpy_types(self._without_blocks(train.X, sampler)), _target(train)
        try:
            sampled, resampled = sampler.fit_resample(features, target)
        except (ValueError, TypeError) as error:
            translated = sampler_error(error, sampler, self.title, features, target)
            if translated is None:
                raise
            raise translated from error
        if hasattr(sampler, "sample_indices_"):
            return pd.DataFrame(train).iloc[np.asarray(sampler.sample_indices_)]
        sampled = pd.DataFrame(sampled, columns=features.columns)
        origin = origins(with_columns(features, {"": target}), with_columns(sampled, {"": np.asarray(resampled)}))
        return completed(train, origin, sampled, np.asarray(resampled))

    def _without_blocks(self, features: pd.DataFrame, sampler: Any) -> pd.DataFrame:
        """Return what a sampler is shown: those that draw rows at random need no features, others cannot use blocks."""
        blocks = [name for name, dtype in dtypes_of(features).items() if isinstance(dtype, BlockDtype)]
        if not blocks:
            return features
        if type(sampler).__name__ not in _AT_RANDOM or getattr(sampler, "shrinkage", None) is not None:
            raise DataError(
                f"{self.title}({type(sampler).__name__}) cannot use the block column {blocks[0]!r}",
                f"resample before the step that makes {blocks[0]!r}, or repeat rows with RandomOverSampler()",
            )
        shown = features.drop(columns=blocks)
        return shown if len(shown.columns) else pd.DataFrame({"": np.zeros(len(features))}, index=features.index)


def _target(train: Rows) -> NDArray[Any]:
    target = train.y
    if target.isna().any():
        raise DataError(
            f"the target {train.roles.target!r} is null in {int(target.isna().sum()):,} training rows",
            "drop rows whose label is not known",
        )
    return numpy_target(target)
