"""What a store said when it refused or could not be opened, as our error: whole, without secrets, with a remedy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mlsys.errors import TrackingError
from mlsys.secrets import without_secrets

LONGEST = 2_000
"""Signs of a message; MLflow puts its remedies at the end, so the middle is what goes."""
COMPLETE = "the run itself is complete"
_STATEMENT = re.compile(r"\s*\[SQL: .*", re.DOTALL)
"""What SQLAlchemy adds to the database's own message."""


def said(error: Exception, address: str, *, opened: bool) -> TrackingError:
    """Return an error that says what a store said.

    Parameters
    ----------
    error : Exception
        Of MLflow, SQLAlchemy or the system.
    address : str
        Of the store; shown without user name and password.
    opened : bool
        Whether the store had answered before.
    """
    what = "did not accept it" if opened else "cannot be opened"
    problem = f"MLflow at {without_secrets(address)} {what} ({type(error).__name__}: {message(error, address)})"
    return TrackingError(problem, f"{_remedy(error, address, opened)}; {COMPLETE}")


def message(error: Exception, address: str) -> str:
    r"""Return what an error says, on one line, whole as far as it can be read.

    Examples
    --------
    >>> message(OSError("no room\n[SQL: SELECT 1]"), "sqlite:///mlflow.db")
    'no room'
    """
    text = str(getattr(error, "orig", None) or error).replace(address, without_secrets(address))
    text = " ".join(_STATEMENT.sub("", text).split())
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} [...] {text[-LONGEST // 2 :]}"


def _remedy(error: Exception, address: str, opened: bool) -> str:
    """Say what can be done: about a server, about a file, or what MLflow itself says."""
    from mlflow.exceptions import MlflowException

    if urlsplit(address).hostname:
        return "check that it runs and is reachable (MLFLOW_TRACKING_URI)"
    if isinstance(error, MlflowException) and "sqlite3." not in str(error):
        return "follow MLflow's message, or set MLFLOW_TRACKING_URI to another store, such as sqlite:///mlflow.db"
    if opened:
        return "check that the file and its folder can be written (MLFLOW_TRACKING_URI)"
    return "set MLFLOW_TRACKING_URI to a file in an existing, writable folder, as in sqlite:////data/mlflow.db"
