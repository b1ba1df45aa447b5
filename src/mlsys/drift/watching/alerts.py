"""Alerts: who is told of a check; a function, a web address, or standard error."""

from __future__ import annotations

import json
import sys
import urllib.request
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mlsys.errors import ConfigurationError
from mlsys.secrets import hidden

Alert = Callable[[Any], object]
"""Takes a :class:`~mlsys.drift.Check`."""


@dataclass(frozen=True)
class Webhook:
    """Post a check to a web address, as JSON that chat programs show too.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``.
    headers : mapping of str to str, optional
        Sent along, such as an authorization.
    timeout : float
        Seconds to wait for an answer.

    Notes
    -----
    The body has ``text`` (one sentence), ``verdict``, ``level`` (``"page"`` or ``"ticket"``), ``cause``, ``columns``,
    ``rows`` and ``time``; no row of the data. An answer other than 2xx is an error, which ``monitor.check`` turns into
    a warning, since a check must not fail because nobody could be told.

    Examples
    --------
    >>> Webhook("https://chat.example.com/hooks/drift")
    Webhook(url='https://chat.example.com/...')
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in {"http", "https"}:
            raise ConfigurationError(f"Webhook: {hidden(self.url)!r} is no web address", "give http:// or https://")

    def __repr__(self) -> str:
        parts = urlsplit(self.url)
        return f"Webhook(url='{parts.scheme}://{parts.hostname}/...')"  # the path of a hook is often its password

    def __call__(self, check: Any, /) -> None:
        """Send the check."""
        body = json.dumps(check.message()).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json", **self.headers})
        with urllib.request.urlopen(request, timeout=self.timeout):
            pass


def to_stderr(check: Any, /) -> None:
    """Print a check's sentence on standard error.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import Monitor
    >>> rows = pd.DataFrame({"age": [*range(20, 70)] * 40})
    >>> Monitor.fit(rows).check(rows + 30, alert=to_stderr, alert_on="ticket").level
    'ticket'
    """
    print(f"mlsys: {check.message()['text']}", file=sys.stderr)


def tell(check: Any, alerts: Iterable[Alert]) -> None:
    """Call each alert; one that fails is a warning."""
    for alert in alerts:
        try:
            alert(check)
        except Exception as error:  # an alert is the user's, or depends on a network
            warnings.warn(f"the alert {alert!r} failed: {hidden(str(error))}", stacklevel=3)


def alerts_asked(alert: Any, who: str) -> tuple[Alert, ...]:
    """Return the alerts asked for, or raise."""
    alerts = () if alert is None else tuple(alert) if isinstance(alert, (list, tuple)) else (alert,)
    for each in alerts:
        if not callable(each):
            raise ConfigurationError(
                f"{who}: alert={each!r} cannot be called", "give a function of the check, Webhook(url) or to_stderr"
            )
    return alerts
