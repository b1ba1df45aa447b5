"""Results of earlier runs: found by what made them, read when asked for."""

from mlsys.cache.cache import Cache
from mlsys.cache.fingerprint import unseen
from mlsys.cache.keeping import state_digest
from mlsys.cache.made import Made
from mlsys.cache.passes import Passes, passes_of
from mlsys.cache.report import CacheReport

__all__ = [
    "Cache",
    "CacheReport",
    "Made",
    "Passes",
    "passes_of",
    "state_digest",
    "unseen",
]
