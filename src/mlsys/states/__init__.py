"""States: digests by content, and storage of learned states without pickling."""

from mlsys.states.allowed import ALLOWED_TYPES
from mlsys.states.digest import digest, digest_columns, digest_frame
from mlsys.states.held import Held
from mlsys.states.settle import settled
from mlsys.states.storage import check_storable, load_state, save_state

__all__ = [
    "ALLOWED_TYPES",
    "Held",
    "check_storable",
    "digest",
    "digest_columns",
    "digest_frame",
    "load_state",
    "save_state",
    "settled",
]
