"""A population, and the designs that draw from it by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlsys.sampling import (
    ClusterSample,
    HashSample,
    ImportanceSample,
    RandomSample,
    ReservoirSample,
    StratifiedSample,
    TwoStageSample,
    WeightedSample,
)

Make = Callable[[int], Any]

DESIGNS: dict[str, Make] = {
    "random": lambda seed: RandomSample(300, seed=seed),
    "hash": lambda seed: HashSample(300, seed=seed),
    "reservoir": lambda seed: ReservoirSample(300, seed=seed),
    "weighted reservoir": lambda seed: ReservoirSample(300, seed=seed, size="turnover"),
    "weighted": lambda seed: WeightedSample(300, size="turnover", seed=seed),
    "hash by size": lambda seed: HashSample(300, seed=seed, size="turnover"),
    "importance": lambda seed: ImportanceSample(300, importance="turnover", even=0.3, seed=seed),
    "stratified": lambda seed: StratifiedSample("region", rows=300, seed=seed),
    "neyman": lambda seed: StratifiedSample("region", rows=300, allocation="neyman", spread="turnover", seed=seed),
    "clusters": lambda seed: ClusterSample("street", clusters=60, seed=seed),
    "two stages": lambda seed: TwoStageSample("street", clusters=60, rows=6, seed=seed),
}


def population(rows: int = 6_000) -> pd.DataFrame:
    """Households in regions and streets that differ, with a turnover and what is spent of it."""
    rng = np.random.default_rng(7)
    street = rng.integers(0, 600, rows)
    region = street % 4
    turnover = rng.gamma(4.0, 1.0, rows) * (1 + region)
    spent = turnover * rng.uniform(0.5, 1.0, rows) + rng.normal(0, 0.5, 600)[street] + 3
    return pd.DataFrame({"region": region, "street": street, "turnover": turnover, "spent": spent})
