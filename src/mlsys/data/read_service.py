"""ReadService: records of a web service, page by page."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pyarrow as pa
from pydantic import BeforeValidator, SecretStr

from mlsys.data._csv_options import refuse_dtypes, refuse_times
from mlsys.data._declared import formats_of
from mlsys.data._folders import Folders
from mlsys.data._held import Arrived, held
from mlsys.data._http import Answer, Client
from mlsys.data._json_lines import table_of_texts
from mlsys.data._planned import Declared, PlannedSource, refuse_unknown
from mlsys.data._schema import Plan, plan_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.secrets import is_secret, looks_secret, without_secrets
from mlsys.steps import Field

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

logger = logging.getLogger("mlsys")


def _no_plain_text(token: Any) -> Any:
    if isinstance(token, str):
        raise ConfigurationError("ReadService got token= as plain text", "wrap it: SecretStr(...), from pydantic")
    return token


Secret = Annotated[SecretStr | None, BeforeValidator(_no_plain_text)]
"""A token, never as plain text."""


class ReadService(PlannedSource):
    """Read the records of a web service (REST, JSON), page by page.

    Parameters
    ----------
    url : str
        Address of the first page; ``http`` or ``https``, without user, password or key.
    records : str
        Path to the list of records in an answer, such as ``"data.items"``; by default the answer is the list.
    parameters : dict
        Sent with each request behind the ``?``; keys and tokens as ``SecretStr``.
    token : SecretStr, optional
        Sent as ``Authorization: Bearer``.
    headers : dict of str to str or SecretStr
        Sent with each request; keys and cookies as ``SecretStr``.
    next_page : str
        Path in an answer to the next page, such as ``"links.next"``: its address, or a value for ``cursor``. Without it
        the header ``Link`` is followed where a service sends it.
    cursor : str
        The parameter that takes what ``next_page`` holds, such as ``"after"``.
    page : str
        The parameter that counts pages from ``first_page`` on; the first page without records ends.
    offset : str
        The parameter that counts records; the first page without records ends.
    fetched : str
        Name of a column, added, with the moment (UTC) at which a record's page was fetched.
    known_at, dtypes, times, zone
        As in :class:`ReadJSON`.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of columns, checked while reading; see :class:`Schema`.
    retries : int
        How often a request is tried again when the service is busy (429, 5xx) or cannot be reached: after 0.5 s, then
        twice as long each time, or as it says in ``Retry-After``, 60 s at most.
    timeout : float
        Seconds until an answer that does not come is given up.
    first_page, most_pages : int
        Number of the first page; pages after which it is an error to go on.

    Raises
    ------
    ConfigurationError
        If a key or token is no ``SecretStr``, or several ways of paging are named.
    DataError
        If the service refuses, cannot be reached, answers no JSON or no records, names another host, or repeats a
        page.

    Notes
    -----
    A record is an object; objects and arrays inside it are Arrow's structs and lists, for :class:`Flatten`. Each page
    is logged (``mlsys``, level INFO) with its records, its tries and the moment it was fetched; a run keeps the same
    (``run.outcome.steps[0].came``), and its lineage has the first and the last moment. What a service answers
    may change while it is read: order the pages by something that does not, where it can. A service is asked at each
    run.

    Examples
    --------
    >>> step = ReadService("https://api.example.org/orders", "data", token=SecretStr("of-mine"), page="page")
    >>> step
    ReadService(url='https://api.example.org/orders', records='data', token=SecretStr('**********'), page='page')
    """

    url: str
    records: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    known_at: dict[str, str] = Field(default_factory=dict)
    dtypes: dict[str, Any] = Field(default_factory=dict)
    times: tuple[str, ...] | list[str] | dict[str, str] = ()
    zone: str | None = None
    token: Secret = Field(default=None, kw_only=True)
    headers: dict[str, str | SecretStr] = Field(default_factory=dict, kw_only=True)
    next_page: str = Field(default="", kw_only=True)
    cursor: str = Field(default="", kw_only=True)
    page: str = Field(default="", kw_only=True)
    offset: str = Field(default="", kw_only=True)
    fetched: str = Field(default="", kw_only=True)
    retries: int = Field(default=5, ge=0, kw_only=True)
    timeout: float = Field(default=30.0, gt=0, kw_only=True)
    first_page: int = Field(default=1, kw_only=True)
    most_pages: int = Field(default=10_000, ge=1, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse secrets that are plain text, and several ways of paging."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(f"{self.title} got url={without_secrets(self.url)!r}", 'give "https://host/path"')
        in_address = [name for name, _ in parse_qsl(parts.query) if looks_secret(name)]
        if parts.username or parts.password or in_address:
            raise ConfigurationError(
                f"{self.title} got an address that holds {in_address[0] if in_address else 'a user or a password'}",
                "give secrets as SecretStr: token=, headers= or parameters=",
            )
        for field, given in (("headers", self.headers), ("parameters", self.parameters)):
            plain = next((name for name, each in given.items() if looks_secret(name) and not is_secret(each)), None)
            if plain is not None:
                raise ConfigurationError(
                    f"{self.title} got {plain!r} in {field}= as plain text",
                    "wrap it: SecretStr(...), from pydantic",
                )
        ways = [name for name in ("page", "offset", "next_page") if getattr(self, name)]
        if len(ways) > 1 or (self.cursor and not self.next_page):
            raise ConfigurationError(
                f"{self.title} got {' and '.join(ways) if len(ways) > 1 else 'cursor without next_page'}",
                "name one way of paging: page=, offset=, or next_page= (with cursor= where it is no address)",
            )
        refuse_dtypes(self.dtypes, self.times, self.title)
        refuse_times(formats_of(self.times), self.title)

    def plan(self) -> Plan:
        """Return the records with their types."""
        came: list[tuple[int, Answer]] = []
        files = held(self._tables(came), self.title)
        if not sum(file.rows for file in files):
            raise DataError(f"{self.title}: {without_secrets(self.url)} gave no records", "check parameters=")
        plan = plan_of(files, Folders((), {}), None, self.title, nested=True, absent=True)
        refuse_unknown(plan.order, self._declared().asked, self.title)
        return replace(plan, came=self._in_words(came))

    def _in_words(self, came: Sequence[tuple[int, Answer]]) -> tuple[str, ...]:
        """Say when the records were fetched: all of them, then page by page."""
        records, pages = sum(count for count, _ in came), f"{len(came):,} page{'s' * (len(came) > 1)}"
        first, last = (_moment(came[place][1].fetched) for place in (0, -1))
        whole = f"{records:,} records on {pages} of {without_secrets(self.url)}, fetched {first} to {last}"
        each = (
            f"page {number:,}: {count:,} records, {answer.tries} tr{'ies' if answer.tries > 1 else 'y'}, "
            f"fetched {_moment(answer.fetched)}"
            for number, (count, answer) in enumerate(came, 1)
        )
        return whole, *each

    def finished(self, frame: pd.DataFrame, row: Callable[[int], str]) -> pd.DataFrame:
        """Return records in their declared types."""
        return self._declared().typed(frame, row)

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def pages(self) -> Iterator[tuple[list[Any], Answer]]:
        """Yield the records of each page with the answer that held them."""
        headers = self.headers if self.token is None else {**self.headers, "Authorization": _bearer(self.token)}
        client = Client(self.url, headers, self.retries, self.timeout, self.title)
        url, more, count, met = self.url, self._first(), 0, set[str]()
        for number in range(self.most_pages):
            answer = client.get(url, {**self.parameters, **more})
            records = self._records(answer.content)
            logger.info("%s: page %d, %d records, %d tries, fetched at %s", self.title, number + 1, len(records),
                        answer.tries, _moment(answer.fetched))  # fmt: skip
            yield records, answer
            count += len(records)
            following = self._following(answer, url, records, number, count)
            if following is None:
                return
            url, more = following
            if (where := f"{url} {more}") in met:
                raise DataError(f"{self.title}: page {number + 1} names a page that was fetched before",
                                "check next_page= and cursor=")  # fmt: skip
            met.add(where)
        raise DataError(f"{self.title}: there are more than {self.most_pages:,} pages", "raise most_pages=")

    def _first(self) -> dict[str, Any]:
        if self.page:
            return {self.page: self.first_page}
        return {self.offset: 0} if self.offset else {}

    def _following(
        self, answer: Answer, url: str, records: list[Any], number: int, count: int
    ) -> tuple[str, dict[str, Any]] | None:
        """Return address and parameters of the next page, ``None`` after the last one."""
        if self.page:
            return (url, {self.page: self.first_page + number + 1}) if records else None
        if self.offset:
            return (url, {self.offset: count}) if records else None
        if not self.next_page:
            return (urljoin(url, answer.link), {}) if answer.link else None
        following = _at(answer.content, self.next_page)
        if following is None or following in ("", False):
            return None
        return (url, {self.cursor: following}) if self.cursor else (urljoin(url, str(following)), {})

    def _records(self, content: Any) -> list[Any]:
        records = _at(content, self.records) if self.records else content
        if isinstance(records, dict):
            records = [records]
        if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
            keys = f" (the answer has {', '.join(map(repr, content))})" if isinstance(content, dict) else ""
            raise DataError(
                f"{self.title}: {without_secrets(self.url)} answered no list of records"
                f"{f' at {self.records!r}' if self.records else ''}{keys}",
                'name the path to it, such as records="data.items"',
            )
        return records

    def _tables(self, came: list[tuple[int, Answer]]) -> Iterator[Arrived]:
        """Yield the records of each page, and note in ``came`` how many there were, and the answer without them."""
        for number, (records, answer) in enumerate(self.pages(), 1):
            came.append((len(records), replace(answer, content=None)))
            if not records:
                continue
            label = f"page {number}"
            table = table_of_texts([json.dumps(each, ensure_ascii=False) for each in records], 1, label, self.title)
            if self.fetched:
                if self.fetched in table.column_names:
                    raise DataError(
                        f"{self.title}: fetched= names {self.fetched!r}, a field of the records", "give another name"
                    )
                moments = pa.array([answer.fetched] * table.num_rows, pa.timestamp("us", "UTC"))
                table = table.append_column(self.fetched, moments)
            yield Arrived("", label, table)

    def _declared(self) -> Declared:
        return Declared(self.dtypes, self.times, self.zone, (), self.title)


def _moment(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _bearer(token: SecretStr) -> SecretStr:
    return SecretStr(f"Bearer {token.get_secret_value()}")


def _at(content: Any, path: str) -> Any:
    """Return what is at a path inside an answer, ``None`` where nothing is."""
    for name in path.split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content
