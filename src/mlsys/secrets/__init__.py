"""Secrets: what counts as one, and texts, errors, addresses and digests without them."""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
import traceback
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit, urlunsplit

from mlsys.secrets.names import SHORTEST, field_is_secret, looks_secret
from mlsys.secrets.texts import IN_PLACE, QUERY, USER, secrets_in, without_shown

__all__ = [
    "cleaned",
    "counted",
    "declare",
    "field_is_secret",
    "given_away",
    "hidden",
    "hidden_in",
    "holds_secret",
    "is_secret",
    "looks_secret",
    "user_of",
    "without_secrets",
]

_NO_ACCIDENT = 8
_LONG_LINE = 16
"""Length from which single lines of a value, such as a PEM key, are also searched for."""
_declared: dict[bytes, None] = {}
"""Secrets of the steps that this process created, in order."""


def is_secret(value: Any) -> bool:
    """Whether a value is one of pydantic's secrets, such as ``SecretStr``.

    Examples
    --------
    >>> from pydantic import SecretStr
    >>> is_secret(SecretStr("of mine")), is_secret("of nobody")
    (True, False)
    """
    return callable(getattr(type(value), "get_secret_value", None))


def declare(value: Any) -> None:
    """Register the secrets in a step's configuration, so that they are found in texts."""
    for name, each in _named_leaves(value):
        if is_secret(each):
            held = each.get_secret_value()
            _declared.update(dict.fromkeys(_as_bytes(held if isinstance(held, bytes) else str(held))))
        elif field_is_secret(name, each):
            _declared.update(dict.fromkeys(_as_bytes(each)))
        if isinstance(each, str):
            _declared.update(dict.fromkeys(_inside(each)))


def hidden(text: str) -> str:
    """Return a text without secrets.

    Parameters
    ----------
    text : str
        Any text: a message, a page, a value.

    Returns
    -------
    str
        The text with ``***`` in the place of users and queries of addresses, of passwords in connection strings and
        headers, of secrets that steps hold, and of values of environment variables whose names look secret; also of
        their base64, hexadecimal and quoted forms.

    Examples
    --------
    >>> hidden("cannot read https://me:mine@host/data.csv?token=t0: no answer")
    'cannot read https://***@host/data.csv?*** no answer'
    """
    pattern = _pattern(frozenset(_known()))
    if pattern is not None:
        text = pattern.sub(IN_PLACE, text)
    return without_shown(text)


def hidden_in(value: Any) -> Any:
    """Return plain data whose texts are without secrets; keys of mappings stay."""
    if isinstance(value, str):
        return hidden(value)
    if type(value) is dict:
        return {key: hidden_in(each) for key, each in value.items()}
    return type(value)(map(hidden_in, value)) if type(value) in (list, tuple) else value


def holds_secret(value: Any, *, queries: bool = True) -> bool:
    """Whether plain data holds a secret that is no accident; ``queries`` says whether those of addresses count.

    Examples
    --------
    >>> holds_secret({"url": "https://host/?page=1"}), holds_secret({"url": "https://host/"})
    (True, False)
    """
    pattern = _pattern(frozenset(_telling()))
    for each in _leaves(value):
        if is_secret(each):
            return True
        text = each.decode("latin-1") if isinstance(each, bytes) else each
        if not isinstance(text, str):
            continue
        if pattern is not None and pattern.search(text):
            return True
        if "://" in text and (USER.search(text) or (queries and QUERY.search(text))):
            return True
    return False


def given_away(content: bytes) -> bool:
    """Whether content to be written contains a secret, long and mixed enough to exclude coincidence."""
    texts = [value.decode("utf-8", "replace") for value in _telling()]
    return any(form in content for text in texts for form in {text.encode(), json.dumps(text)[1:-1].encode()})


def cleaned(error: BaseException) -> BaseException | None:
    """Take secrets out of an error, of those that caused it, and of their notes; ``None`` where that cannot be done.

    Examples
    --------
    >>> str(cleaned(OSError("no answer from ftp://me:mine@host/")))
    'no answer from ftp://***@host/'
    """
    whole, seen, waiting = True, set[int](), [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if not _is_clean(each):
            waiting += _clean(each)
            whole = whole and _is_clean(each)
        waiting += [other for other in (each.__cause__, each.__context__) if other is not None]
        waiting += getattr(each, "exceptions", ())
    return error if whole else None


def without_secrets(uri: str) -> str:
    """Return an address without user name, password and query, which still can be used as one.

    Examples
    --------
    >>> without_secrets("https://me:secret@host:5000/path?token=1")
    'https://host:5000/path'
    """
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri.partition("?")[0] if "://" in uri else uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def counted(value: Any) -> Any:
    """Return configuration as it counts in a digest: passwords and tokens in addresses change no result.

    Examples
    --------
    >>> counted(["https://me:mine@host/data?year=2024&token=t0"])
    ['https://me@host/data?year=2024']
    """
    if isinstance(value, str) and "://" in value:
        return _counted_address(value)
    if type(value) is dict:
        return {key: counted(each) for key, each in value.items()}
    return type(value)(map(counted, value)) if type(value) in (list, tuple) else value


def user_of(uri: str) -> tuple[str, str]:
    """Return an address without user and password, and ``user:password``, empty where it has none.

    Examples
    --------
    >>> user_of("https://me:m%2Fine@host/data.csv")
    ('https://host/data.csv', 'me:m/ine')
    """
    parts = urlsplit(uri)
    user, at, host = parts.netloc.rpartition("@")
    return (urlunsplit(parts._replace(netloc=host)), unquote(user)) if at else (uri, "")


def _counted_address(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:  # text that only looks like an address
        return uri
    user, at, host = parts.netloc.rpartition("@")
    pairs = [each for each in parts.query.split("&") if not looks_secret(each.partition("=")[0])]
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query="&".join(pairs)))


def _leaves(value: Any) -> Iterator[Any]:
    for _, each in _named_leaves(value):
        yield each


def _named_leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each plain value inside, with the name of its field or key."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _named_leaves(key)
            yield from _named_leaves(each, key if isinstance(key, str) else "")
    elif isinstance(value, (list, tuple, set, frozenset)):
        for each in value:
            yield from _named_leaves(each, name)
    else:
        yield name, value


def _known() -> Iterator[bytes]:
    """Return the values to search for in texts."""
    # A copy is made at once; while a tuple is, the garbage collector may let another thread declare a secret.
    yield from _declared.copy()
    for name in tuple(os.environ):
        value = os.environ.get(name, "")
        # Names such as GOOGLE_APPLICATION_CREDENTIALS and PWD hold paths.
        if looks_secret(name) and not os.path.exists(value):
            yield from _as_bytes(value)
        yield from _inside(value)


def _telling() -> Iterator[bytes]:
    """Return the values that cannot occur by coincidence: a variable SORT_KEY may hold the name of a column."""
    for value in _known():
        if len(value) >= _NO_ACCIDENT and not (value.isalpha() or value.isdigit()):
            yield value


def _inside(text: str) -> Iterator[bytes]:
    """Return the secrets inside an address or a connection string."""
    for each in secrets_in(text):
        yield from _as_bytes(each)


def _as_bytes(value: str | bytes) -> Iterator[bytes]:
    content = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    lines = [each.strip() for each in content.splitlines()]
    if len(content.strip()) >= SHORTEST:
        yield content
    if len(lines) > 1:
        yield from (each for each in lines if len(each) >= _LONG_LINE and not each.startswith(b"-----"))


@lru_cache(maxsize=16)
def _pattern(known: frozenset[bytes]) -> re.Pattern[str] | None:
    """Return what finds any of some values in any form."""
    found = {form: _exactly(form) for value in known for form in _forms(value) if len(form) >= SHORTEST}
    for value in known:
        found |= {form: re.escape(form) for form in _inner_forms(value) if len(form) >= SHORTEST and form not in found}
    if not found:
        return None
    return re.compile("|".join(found[form] for form in sorted(found, key=lambda form: (-len(form), form))))


def _exactly(form: str) -> str:
    """Find a word as a word: ``postgres`` is a password here and there, and part of many an address."""
    return rf"(?<![^\W\d_]){re.escape(form)}(?![^\W\d_])" if form.isalpha() else re.escape(form)


def _forms(value: bytes) -> Iterable[str]:
    text = value.decode("utf-8", "backslashreplace")
    yield from (text, text.strip(), " ".join(text.split()), repr(text)[1:-1], repr(value)[2:-1])
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text))
    yield from (quote(value), quote(value, safe=""), quote_plus(value), value.hex(), value.hex().upper())
    yield from (each(value).decode().rstrip("=") for each in (base64.b64encode, base64.urlsafe_b64encode))


def _inner_forms(value: bytes) -> Iterator[str]:
    """Give the signs that a value has in base64 whatever stands before and behind it, such as a user's name."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + value).decode()
        certain = whole[(before * 8 + 5) // 6 : (before + len(value)) * 8 // 6]
        yield from {certain, certain.replace("+", "-").replace("/", "_")}


def _is_clean(error: BaseException) -> bool:
    try:
        text = "".join(traceback.format_exception_only(error)) + str(getattr(error, "code", ""))  # what an exit prints
    except Exception:  # an error whose own text cannot be made shows none
        return True
    return hidden(text) == text


def _clean(error: BaseException) -> list[BaseException]:
    """Hide secrets in the arguments and attributes of one error; returns errors that these hold."""
    inside = [each for each in (*error.args, *vars(error).values()) if isinstance(each, BaseException)]
    error.args = hidden_in(error.args)
    named = {
        name: getattr(error, name, None) for name in ("filename", "filename2", "strerror", "msg", "reason", "code")
    }
    for name, value in {**named, **vars(error)}.items():
        if (changed := hidden_in(value)) != value:
            try:
                setattr(error, name, changed)
            except (AttributeError, TypeError):  # told by the caller: it is looked at again
                continue
    return inside


class _Filter(logging.Filter):
    """Removes secrets from log messages, including errors."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = hidden(record.getMessage()), ()
        if record.exc_info and record.exc_info[1] is not None and cleaned(record.exc_info[1]) is None:
            record.exc_info = None
        return True


logging.getLogger("mlsys").addFilter(_Filter("mlsys"))
