"""Results of earlier runs: found by what made them, read when asked for."""

from mlsys.cache.cache import Cache
from mlsys.cache.fingerprint import unseen
from mlsys.cache.identity import Identity, address, identified, identify, identify_table
from mlsys.cache.keeping import state_digest
from mlsys.cache.outcome import Outcome
from mlsys.cache.report import CacheReport

__all__ = [
    "Cache",
    "CacheReport",
    "Identity",
    "Outcome",
    "address",
    "identified",
    "identify",
    "identify_table",
    "state_digest",
    "unseen",
]
