"""Secrets that are recognizable by their form: in addresses, headers, connection strings and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from mlsys.secrets.names import looks_secret

IN_PLACE = "***"
"""Replacement for a secret."""
_START = r"([a-z][a-z0-9+.\-]{0,30}://)"
"""Of an address; bounded, because a long run of letters is looked at from each of its letters."""
USER = re.compile(rf"{_START}(?:[^\s/?#\"'<>]*|[^\s/?#@:\"'<>]*:(?!\d+[/?#])[^\s\"<>]*)@", re.I)
"""In an address, with a password that may hold any sign; behind a port's number there is no user."""
QUERY = re.compile(rf"({_START}[^\s?#\"'<>]*\?|(?<=\S)[?#](?=[\w.~%+\-]+=))[^\s\"'<>]+", re.I)
_SETTING = (
    r"(?:pass(?:word|wd|phrase)|pwd|(?:account|shared_?access|access|api|secret|private)_?key|sharedaccesssignature"
    r"|(?:access|refresh|id|auth|api|bearer)_?token|(?:client|user|shared)?_?secret)"
)
_ASSIGNED = re.compile(
    # Code that names a secret without showing it stays: password=SecretStr(...), password=os.environ[...].
    rf"(?P<before>{_SETTING}\b(?:=|\s=\s))(?!Secret(?:Str|Bytes)\(|None\b|os\.|\*{{3}})"
    r"(?P<value>\"[^\"]*\"|'[^']*'|\{[^}]*\}|[^;\s&,\"')]+)",
    re.I,
)
"""In a connection string, a command, or settings: ``Password=...;``."""
_PAIR = re.compile(
    rf"(?P<before>(?P<quote>[\"'])[\w.\-]*?{_SETTING}(?P=quote)\s*:\s*)(?P<value>b?\"[^\"\n]*\"|b?'[^'\n]*')", re.I
)
"""In JSON, or a mapping as Python shows it."""
_HEADER = re.compile(
    r"(?P<before>\b(?:proxy-)?authorization[\"']?\s*[:=]\s*(?:b?[\"'])?(?:(?:basic|bearer|digest|token|negotiate)\s+)?"
    r"|\bx-[\w\-]{0,40}(?:key|token|auth|secret)[\"']?\s*[:=]\s*(?:b?[\"'])?)(?P<value>[^\s\"',;}]+)"
    r"|(?P<start>\b(?:set-)?cookie[\"']?\s*:\s*(?:b?[\"'])?)(?P<rest>[^\s=\"';]+=[^\r\n\"']+)",
    re.I,
)
_BEARER = re.compile(r"(?P<before>\b(?:Basic|Bearer)\s+)(?=[^\s\"',;]*\d)(?P<value>[A-Za-z0-9+/_.~\-]{12,}=*)")
"""Without the header's name; ``Basic understanding`` is none, for want of a digit."""
_WEB_TOKEN = re.compile(r"\beyJ[\w\-]{8,}\.[\w\-]{8,}(?:\.[\w\-]*)?")
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).+?(?=-----END|\Z)", re.S)
_QUOTES = "\"'{}"


def without_shown(text: str) -> str:
    """Return a text without the secrets that its own form tells.

    Examples
    --------
    >>> without_shown("Server=db;User Id=sa;Password=of mine;")
    'Server=db;User Id=sa;Password=*** mine;'
    >>> without_shown("sent Authorization: Basic c3ZjOm9mIG1pbmU=")
    'sent Authorization: Basic ***'
    """
    if "=" in text:
        text = _ASSIGNED.sub(_replaced, text)
    if ":" in text:
        text = _HEADER.sub(_replaced, _PAIR.sub(_replaced, text))
    text = _WEB_TOKEN.sub(IN_PLACE, _BEARER.sub(_replaced, text))
    text = _PRIVATE_KEY.sub(rf"\1{IN_PLACE}", text)
    return QUERY.sub(rf"\1{IN_PLACE}", USER.sub(rf"\1{IN_PLACE}@", text))


def _replaced(found: re.Match[str]) -> str:
    groups = found.groupdict()
    value = groups.get("value") or ""
    quote = value.lstrip("b")[:1]
    kept = quote if quote and quote in "\"'" and groups.get("quote") else ""
    return f"{groups.get('before') or groups.get('start') or ''}{kept}{IN_PLACE}{kept}"


@lru_cache(maxsize=4096)
def secrets_in(text: str) -> tuple[str, ...]:
    """Return the secrets inside an address or a connection string: passwords, tokens, ``user:password``.

    Examples
    --------
    >>> secrets_in("Server=db;Password=of-mine;"), secrets_in("ftp://me:of-mine@host/")
    (('of-mine',), ('me:of-mine', 'of-mine'))
    """
    found = [each["value"].strip(_QUOTES) for each in _ASSIGNED.finditer(text)] if "=" in text else []
    found += _in_address(text) if "://" in text else ()
    return tuple(dict.fromkeys(each for each in found if each))


def _in_address(text: str) -> Iterator[str]:
    """Give password, ``user:password`` and the values of parameters whose names look secret."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    user, at, _ = parts.netloc.rpartition("@")
    if at:
        password = user.partition(":")[2] or user
        yield from (user, password, unquote(user), unquote(password))
    for pair in parts.query.split("&"):
        name, _, given = pair.partition("=")
        if looks_secret(name):
            yield from (given, unquote(given))
