"""Answers of a web service: asked again where it is busy, never on another host, without a secret in a message."""

from __future__ import annotations

import datetime
import email.utils
import json
import logging
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mlsys.errors import DataError
from mlsys.secrets import cleaned, is_secret, without_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("mlsys")

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which it is right to ask again (RFC 9110, RFC 6585)."""
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 60.0
"""Seconds between two tries: doubled each time, or as the service says in ``Retry-After``."""
_LONGEST_SHOWN = 200
_Service = tuple[str, str, int | None]


@dataclass(frozen=True)
class Answer:
    """One answer.

    Parameters
    ----------
    content : object
        Its JSON.
    link : str
        Address of the next page as the header ``Link`` names it; empty where it does not.
    fetched : datetime
        When it came, in UTC.
    tries : int
        How often the service was asked.
    """

    content: Any
    link: str
    fetched: datetime.datetime
    tries: int


@dataclass(frozen=True)
class Client:
    """Asks one service.

    Parameters
    ----------
    url : str
        Its address: scheme, host and port are those of all requests.
    headers : mapping of str to str or SecretStr
        Sent with each request.
    retries : int
        How often a request is tried again.
    timeout : float
        Seconds until an answer that does not come is given up.
    who : str
        For messages.
    """

    url: str
    headers: Mapping[str, Any]
    retries: int
    timeout: float
    who: str

    def get(self, url: str, parameters: Mapping[str, Any]) -> Answer:
        """Return what the service answers, asked again while it is busy or cannot be reached.

        Raises
        ------
        DataError
            When it refuses, stays silent, or answers no JSON.
        """
        request = self._request(url, parameters)
        for tried in range(self.retries + 1):
            try:
                with self._opener().open(request, timeout=self.timeout) as answer:
                    body, link = answer.read(), answer.headers.get_all("Link") or []
                return Answer(self._json(body, url), _next_of(", ".join(link)), _now(), tried + 1)
            except urllib.error.HTTPError as error:
                with error:
                    if error.code not in _BUSY or tried == self.retries:
                        raise self._refused(url, error, tried + 1) from cleaned(error)
                    wait = _wait(tried, error.headers.get("Retry-After", ""))
                said = f"answered {error.code}"
            except (OSError, HTTPException) as error:
                if tried == self.retries:
                    raise DataError(
                        f"{self.who} cannot reach {without_secrets(url)} ({tried + 1} tries): "
                        f"{getattr(error, 'reason', error) or type(error).__name__}",
                        "check the address and that the service is there; retries= and timeout= say how long to wait",
                    ) from cleaned(error)
                wait, said = _wait(tried, ""), f"failed ({type(error).__name__})"
            logger.info("%s: %s %s, asked again in %.1f s", self.who, without_secrets(url), said, wait)
            time.sleep(wait)
        raise AssertionError

    def _request(self, url: str, parameters: Mapping[str, Any]) -> urllib.request.Request:
        if _service(url) != _service(self.url):
            raise DataError(
                f"{self.who}: the service names a next page on another host, {without_secrets(url)}",
                "secrets are sent to the host of url= only; ask the other host by a step of its own",
            )
        parts = urlsplit(url)
        given = {name: _plain(each) for name, each in parameters.items()}
        query = [(name, each) for name, each in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
        query += [(name, one) for name, each in given.items() for one in (each if isinstance(each, list) else [each])]
        headers = {"Accept": "application/json", **{name: str(_plain(each)) for name, each in self.headers.items()}}
        return urllib.request.Request(urlunsplit(parts._replace(query=urlencode(query))), headers=headers)  # noqa: S310

    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(_SameHost(self.who))

    def _json(self, body: bytes, url: str) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            start = body[:_LONGEST_SHOWN].decode("utf-8", "replace")
            raise DataError(
                f"{self.who}: {without_secrets(url)} answered no JSON: {start!r}", "check the address of the endpoint"
            ) from error

    def _refused(self, url: str, error: urllib.error.HTTPError, tries: int) -> DataError:
        said = " ".join(error.read(_LONGEST_SHOWN).decode("utf-8", "replace").split())
        remedies = {
            401: "give token= or headers= as SecretStr",
            403: "check what the token may read",
            404: "correct url=",
        }
        return DataError(
            f"{self.who}: {without_secrets(url)} answered {error.code} {error.reason}"
            f"{f' ({tries} tries)' if tries > 1 else ''}{f': {said}' if said else ''}",
            remedies.get(error.code, "check parameters=, or try later; retries= says how often it is asked again"),
        )


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows no redirect to another host: headers, and secrets in them, would go there."""

    def __init__(self, who: str) -> None:
        self._who = who

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if _service(newurl) != _service(req.full_url):
            raise DataError(
                f"{self._who}: {without_secrets(req.full_url)} redirects to another host, {without_secrets(newurl)}",
                "give the address of that host in url=",
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _service(url: str) -> _Service:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port


def _plain(value: Any) -> Any:
    if is_secret(value):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _wait(tried: int, asked: str) -> float:
    """Return seconds to wait: as a service asks in ``Retry-After``, seconds or a date, else doubled each time."""
    if asked.strip().isdigit():
        return min(float(asked), _LONGEST_WAIT)
    try:
        until = email.utils.parsedate_to_datetime(asked)
        return min(max((until - _now()).total_seconds(), 0.0), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return float(min(_FIRST_WAIT * 2**tried, _LONGEST_WAIT))


def _next_of(header: str) -> str:
    """Return the address with ``rel="next"`` in a ``Link`` header (RFC 8288).

    Examples
    --------
    >>> _next_of('<https://host/?page=1>; rel="prev", <https://host/?page=3>; rel="next"')
    'https://host/?page=3'
    """
    for each in header.split("<")[1:]:
        address, _, rest = each.partition(">")
        relations = [part.partition("=")[2].strip(' ",') for part in rest.split(";") if part.strip().startswith("rel")]
        if any("next" in relation.split() for relation in relations):
            return address
    return ""
