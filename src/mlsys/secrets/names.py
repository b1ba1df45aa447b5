"""Names that indicate a secret: of variables, address parameters, fields and keys."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

SHORTEST = 6
"""Characters: a shorter value is hidden where it stands as a field or in an address, but not looked for in texts, where
it would often be something else."""
_NAME = re.compile(
    r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASSCODE|PASS|PWD|CREDENTIAL|SIGNATURE|SIG|AUTH|AUTHORIZATION|BEARER"
    r"|COOKIE|WEBHOOK|CONN(?:ECTION)?_?STR(?:ING)?)S?(?![A-Z])",
    re.I,
)
"""Long enough to be looked for anywhere in a name."""
_WORDS = frozenset({"pat", "jwt", "salt", "pepper", "dsn", "sas", "otp", "pin", "csrf", "xsrf"})
"""Looked for as whole words of a name: ``PATH`` and ``MAPPING`` hold none."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_OF_KEYS = frozenset(
    {"api", "secret", "access", "private", "account", "signing", "encryption", "master", "shared", "auth"}
)
"""Words before ``key`` with which a field's ``key`` is no column."""
_CERTAIN = frozenset(
    {"password", "passwd", "passphrase", "passcode", "pwd", "secret", "credential", "bearer", "jwt", "cookie", "dsn"}
    | {"webhook", "authorization", "apikey", "connstr", "connectionstring"}
)
_LIKELY = _WORDS | {"token", "signature", "sig", "auth", "pass"}
"""Fields of these names may hold a column's name or a word as well."""
_IDENTIFIER = re.compile(r"[a-z_]+|[A-Z_]+")


@lru_cache(maxsize=1024)
def looks_secret(name: str) -> bool:
    """Whether a variable or parameter is, by its name, one that holds a secret.

    Examples
    --------
    >>> [looks_secret(name) for name in ("AWS_SECRET_ACCESS_KEY", "apiToken", "GITHUB_PAT", "KEYBOARD", "PATH")]
    [True, True, True, False, False]
    """
    return _NAME.search(name) is not None or any(word in _WORDS for word in _words(name))


def field_is_secret(name: str, value: Any) -> bool:
    """Whether a text is a secret by the name of the field, or of the key in a mapping, under which it stands.

    Parameters
    ----------
    name : str
        Of the field or key. Its last word counts: ``token_column`` names a column.
    value : object
        What it holds. Under a name that may mean something else, such as ``token``, a plain word is none.

    Examples
    --------
    >>> field_is_secret("token", "pl4in-t0ken"), field_is_secret("token", "lemma"), field_is_secret("key", "user_id_2")
    (True, False, False)
    """
    if not isinstance(value, (str, bytes)) or not value:
        return False
    certain, likely = _by_field(name)
    text = value if isinstance(value, str) else value.decode("latin-1")
    return certain or (likely and len(text) >= SHORTEST and _IDENTIFIER.fullmatch(text) is None)


@lru_cache(maxsize=1024)
def _by_field(name: str) -> tuple[bool, bool]:
    """Return whether a field of this name certainly holds a secret, and whether it may."""
    words = _words(name)
    while len(words) > 1 and words[-1] in {"url", "uri", "value", "text", "header"}:
        words.pop()
    if not words:
        return False, False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    certain = last in _CERTAIN or before + last in _CERTAIN or (last == "key" and before in _OF_KEYS)
    return certain, last in _LIKELY


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters, without the ending of a plural.

    Examples
    --------
    >>> _words("githubPAT_2"), _words("API-Keys")
    (['github', 'pat'], ['api', 'key'])
    """
    words = [word.lower() for word in _WORD.findall(name)]
    return [word[:-1] if word.endswith("s") and word not in {"sas", "pass"} else word for word in words]
