"""ReadEvents: rows from a stream, all that is there for training, or batch after batch as they come."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import pandas as pd
from pydantic import AfterValidator, SecretStr

from mlsys.data._event_columns import refuse_types
from mlsys.data._event_progress import Progress, Standing
from mlsys.data._event_reading import AT_ONCE, Reading
from mlsys.data._event_rules import Rules
from mlsys.data._paths import files_read
from mlsys.data.event_batch import Batch
from mlsys.data.feeds import JSON_ENDINGS, SERVERS, Feed, Server, feed_of, is_files, scheme_of
from mlsys.dataset import duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.schemas import SchemaGiven, SetAside, accepted, folder_of, gate_of, keep_aside  # noqa: TC001  the type of a field
from mlsys.secrets import is_secret, user_of, without_secrets
from mlsys.steps import Field, Source
from mlsys.tables import noting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlsys.data._event_rules import Judged

logger = logging.getLogger("mlsys")


def _plain(source: Any) -> Any:
    """Keep paths as text, so that a step's configuration is plain data."""
    if isinstance(source, Path):
        return os.fspath(source)
    if isinstance(source, (list, tuple)) and any(isinstance(each, Path) for each in source):
        return tuple(os.fspath(each) for each in source)
    return source


class ReadEvents(Source):
    """Read a stream of JSON objects: all that is there for training, or batch after batch as they come.

    Parameters
    ----------
    source : str, Path, list or callable
        Files of JSON lines (a file, a pattern, a folder; also ``.gz``, ``.bz2``, ``.xz``); a list of dicts, or a
        function that returns an iterable of them, the same ones each time; or the address of a server:
        ``"redis://host:6379/0"``, ``"amqp://host/virtual_host"``, ``"kafka://host:9092,host:9092"`` (also ``rediss``
        and ``amqps``).
    time : str, optional
        Field with the time at which an event happened.
    lateness : str, optional
        How much older than the latest event so far another one may be, such as ``"10min"``. Older ones are late: they
        are counted and set aside. By default none is late.
    id : str, optional
        Field that identifies an event; one that comes again is counted and left out.
    dtypes : dict of str to str
        Types of fields. An event that does not fit is set aside with the reason. Numbers become times in the unit of
        their type: ``"datetime64[ms, UTC]"``.
    columns : list of str, optional
        Fields to keep, in this order; by default all that occur.
    known_at : dict of str to str
        When columns become known: a time column, or a delay after the row's time.
    schema : Schema, mapping or pydantic model, optional
        Types and constraints of fields; see :class:`Schema`. Events that do not fit are set aside, whatever its
        ``bad_rows``.
    topic : str, optional
        On a server: the name of the Redis stream, the RabbitMQ queue or the Kafka topic.
    user : str, optional
        User of the server.
    password : SecretStr, optional
        The user's password; never shown or stored.
    options : dict
        Passed on to the client: configuration of librdkafka, arguments of ``redis.Redis``, attributes of
        ``pika.URLParameters``. Secrets in it are given as ``SecretStr``.
    arrived : str, optional
        Name of a column to add, with the time at which the server took the event in.
    since, until : str, optional
        Event times at which the rows begin and end: events at ``until`` are left out, those at ``since`` are not.
    max_events : int, optional
        Number of events after which reading ends.
    lost : float
        Share of events that may be set aside; more are an error.

    Raises
    ------
    DataError
        If there are no events, too many of them are set aside, a file was shortened or replaced since it was last
        read, or a server does not answer within 10 s, does not know the topic, or has removed events that follow the
        last one read.

    Notes
    -----
    A pipeline reads the events that are there when it runs, up to ``until`` or ``max_events``; nothing is recorded, so
    that it reads the same again. :meth:`batches` goes on from where it was, also after a kill. Both make the same rows:
    an event is late by the events before it, whatever the size of batches.

    The reader keeps its own place, so that no consumer group is needed. Redis needs ``pip install "mlsys[redis]"``,
    RabbitMQ ``"mlsys[rabbitmq]"``, Kafka ``"mlsys[kafka]"``. A RabbitMQ queue forgets events that were dealt with, so a
    pipeline cannot train on it: write its batches to files, and train on these. Its events need ``id``, or a
    ``message_id``.

    What a pipeline sets aside is kept; :func:`quarantined` returns it. Rows are in order of arrival; events of several
    Kafka partitions come interleaved. Types that are not declared are those that a batch shows, so declare the types of
    a stream. A line is an event once it is complete. Reading takes about 10 us of CPU time an event of ten fields.

    Examples
    --------
    >>> clicks = [{"user": "ann", "at": "2024-05-01T10:00"}, {"user": "bob", "at": "2024-05-01T10:02"},
    ...           {"user": "eve", "at": "2024-05-01T08:00"}]
    >>> events = ReadEvents(clicks, time="at", lateness="10min", lost=0.5)
    >>> events.read()["user"].tolist()
    ['ann', 'bob']
    >>> for batch in events.batches(size=2):
    ...     print(batch)
    Batch(000000000000: 2 events read, 2 rows; watermark 2024-05-01 09:52:00)
    Batch(000000000002: 1 events read, 0 rows, 1 late; watermark 2024-05-01 09:52:00)
    """

    sets_aside: ClassVar[bool] = True
    source: Annotated[Any, AfterValidator(_plain)]
    time: str | None = None
    lateness: str | None = None
    id: str | None = None
    dtypes: dict[str, Any] = Field(default_factory=dict)
    columns: tuple[str, ...] | list[str] | None = None
    known_at: dict[str, str] = Field(default_factory=dict)
    schema: SchemaGiven = Field(default=None, kw_only=True)
    topic: str | None = Field(default=None, kw_only=True)
    user: str | None = Field(default=None, kw_only=True)
    password: SecretStr | None = Field(default=None, kw_only=True)
    options: dict[str, Any] = Field(default_factory=dict, kw_only=True)
    arrived: str | None = Field(default=None, kw_only=True)
    since: str | None = Field(default=None, kw_only=True)
    until: str | None = Field(default=None, kw_only=True)
    max_events: int | None = Field(default=None, ge=1, kw_only=True)
    lost: float = Field(default=0.01, ge=0.0, le=1.0, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what no stream can be read with."""
        refuse_types(self.dtypes, self.title)
        timed = [name for name in ("lateness", "since", "until") if getattr(self, name) is not None]
        if timed and self.time is None:
            raise ConfigurationError(
                f"{self.title} got {timed[0]}=, and no event has a time",
                'name the field with the time of an event, such as time="at"',
            )
        if self.lateness is not None and duration_of(self.lateness, "lateness") < pd.Timedelta(0):
            raise ConfigurationError(f"{self.title} got a negative lateness", "give a duration of zero or more")
        self._moment("since"), self._moment("until")
        if self.schema is not None and (self.schema.key or any(each.unique for each in self.schema.columns.values())):
            raise ConfigurationError(
                f"{self.title} got a schema in which values must not repeat, and a stream is never seen as a whole",
                "leave that out of the schema, and name what identifies an event with id=",
            )
        _refuse_once_only(self.source, self.title)
        self._refuse_no_server()

    def read(self) -> pd.DataFrame:
        """Return the rows of all events that are there, in order of arrival."""
        self._refuse_forgetful()
        judged, unfinished = self._reading().at_once()
        if not len(judged.rows):
            more = f"; {unfinished} is unfinished" if unfinished else ""
            raise DataError(
                f"{self.title} found no rows in {self._named()} ({judged.counts}{more})", "check the source"
            )
        unknown = [name for name in self.known_at if name not in judged.rows.columns]
        if unknown:
            raise DataError(
                f"{self.title}: known_at= names {unknown[0]!r}, which no event has "
                f"(fields: {', '.join(judged.rows.columns)})",
                "correct the name in known_at=",
            )
        if unfinished:
            logger.warning("%s: %s is unfinished, so it was not read", self.title, unfinished)
        if judged.counts.lost or judged.counts.duplicates:
            logger.warning("%s: %s", self.title, judged.counts)
        return noting(judged.rows, self._set_aside(judged))

    def batches(
        self,
        progress: str | Path | None = None,
        *,
        after: Mapping[str, Any] | None = None,
        follow: bool = False,
        size: int = AT_ONCE,
        wait: str = "1s",
    ) -> Iterator[Batch]:
        """Yield batches of events, each event once.

        Parameters
        ----------
        progress : str or Path, optional
            A file that records how far this reader came. It is replaced when the next batch is asked for, so after the
            loop's body has dealt with the last one; a killed process goes on behind the last batch that was recorded.
        after : dict, optional
            Alternatively, ``standing`` of an earlier batch, stored by yourself together with what came of the batch.
        follow : bool
            Wait for more events when all have been read; by default the loop ends.
        size : int
            Events in a batch, at most.
        wait : str
            How long to wait for a batch to fill once it has an event.

        Yields
        ------
        Batch
            Its ``rows``, and what was set ``aside``.

        Notes
        -----
        A batch whose body was interrupted comes again under the same ``name``: writing its results under that name
        leaves them there once. Before ``break``, call ``batch.commit()``, or the batch comes again.
        """
        if progress is not None and after is not None:
            raise ConfigurationError("batches() got both progress= and after=", "give one of them")
        if size < 1:
            raise ConfigurationError(f"batches() got size={size}", "give a number of events of 1 or more")
        patience = duration_of(wait, "wait").total_seconds()
        file = None if progress is None else self._progress(progress)
        return self._reading().batches(file, self._standing(after), follow, size, patience)

    def replay(self, progress: str | Path, *, size: int = AT_ONCE) -> Iterator[Batch]:
        """Yield again what a reader has dealt with, to bring what it held in memory back after a restart.

        Parameters
        ----------
        progress : str or Path
            The file that :meth:`batches` wrote; nothing is recorded in it.
        size : int
            Events in a batch, at most.

        Yields
        ------
        Batch
            All events up to the last one that was recorded, from the first on.
        """
        self._refuse_forgetful()
        return self._reading().replay(self._progress(progress).read(), size)

    def files_read(self) -> Sequence[Path] | None:
        """Return the files; ``None`` for a server or a function."""
        if is_files(self.source):
            return files_read(self.source, JSON_ENDINGS, self.title)
        return None if callable(self.source) or scheme_of(self.source) else ()

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def notes(self) -> tuple[str, ...]:
        """Return what is set aside, for the plan."""
        late = "" if self.lateness is None else f" and events over {self.lateness} older than the latest before them"
        return (f"sets aside broken events{late}: up to {self.lost:.4g} of all, more are an error",)

    def _reading(self) -> Reading:
        most = 2**62 if self.max_events is None else self.max_events
        return Reading(self._feed, self._rules(), most, self.lost, self._named())

    def _standing(self, after: Mapping[str, Any] | None) -> Standing:
        try:
            return Standing.of(after or {})
        except TypeError as error:
            raise DataError(
                f"{self.title}: after= is not the standing of a batch ({error})", "give batch.standing as it was"
            ) from error

    def _set_aside(self, judged: Judged) -> SetAside:
        """Keep what was set aside in the local folder; return the note for the run, without values."""
        counts, folder = judged.counts, ""
        if counts.lost:
            try:
                folder = keep_aside(folder_of(self.title, self.digest), "events", judged.aside)
            except OSError as error:
                logger.warning("%s cannot keep events that were set aside: %s", self.title, error)
        reasons = {name: many for name, many in (("broken", counts.broken), ("late", counts.late)) if many}
        return SetAside(counts.read, counts.lost, reasons, self.lost, folder, what="events were set aside")

    def accept(self, frame: pd.DataFrame, /) -> pd.DataFrame:
        """Return rows that are given in place of events, held to the schema; those that do not fit are set aside."""
        schema = None if self.schema is None else self.schema.with_(bad_rows="quarantine", most=self.lost)
        return accepted(gate_of(schema, self.title, self.digest), frame)

    def _progress(self, path: str | Path) -> Progress:
        return Progress(Path(path).expanduser(), self._named(), self.title)

    def _refuse_forgetful(self) -> None:
        if scheme_of(self.source).startswith("amqp"):
            raise ConfigurationError(
                f"{self.title}: a queue of RabbitMQ forgets what it handed out, so it cannot be read again",
                "write the rows of batches() to files, and read these",
            )

    def _rules(self) -> Rules:
        lateness = None if self.lateness is None else duration_of(self.lateness, "lateness")
        since, until = self._moment("since"), self._moment("until")
        return Rules(
            self.columns, self.dtypes, self.time, self.id, self.arrived, lateness, since, until, self.schema, self.title
        )

    def _moment(self, field: str) -> pd.Timestamp | None:
        said = getattr(self, field)
        try:
            return None if said is None else pd.Timestamp(said)
        except ValueError as error:
            raise ConfigurationError(
                f"{self.title} got {field}={said!r}, which is not a time", f'write {field}="2024-06-01T00:00"'
            ) from error

    def _feed(self, standing: Standing) -> Feed:
        return feed_of(self.source, self._server(), standing.places, self.id is not None, self.title)

    def _server(self) -> Server | None:
        if not scheme_of(self.source):
            return None
        address, login = user_of(self.source)
        user, _, password = login.partition(":")
        options = {
            name: value.get_secret_value() if is_secret(value) else value for name, value in self.options.items()
        }
        secret = password if self.password is None else self.password.get_secret_value()
        return Server(address, self.topic or "", self.user or user, secret, options, self.title)

    def _named(self) -> str:
        """Return what is read, without secrets."""
        if scheme_of(self.source):
            return f"{self.topic} of {without_secrets(self.source)}"
        if is_files(self.source):
            return self.source if isinstance(self.source, str) else ", ".join(self.source)
        return "events"

    def _refuse_no_server(self) -> None:
        """Raise where an address has no topic, or what only a server has is asked of something else."""
        scheme = scheme_of(self.source)
        if scheme and scheme not in SERVERS:
            raise ConfigurationError(
                f"{self.title} cannot read {scheme}://",
                f"give a file, or an address that begins with {', '.join(SERVERS)}",
            )
        if scheme and not self.topic:
            raise ConfigurationError(
                f"{self.title} got no topic=", 'name the stream, queue or topic, such as topic="orders"'
            )
        given = [name for name in ("topic", "user", "password", "arrived") if getattr(self, name) is not None]
        if given and not scheme:
            raise ConfigurationError(
                f"{self.title} got {given[0]}=, and its source is not a server", f"leave out {given[0]}="
            )


def _refuse_once_only(source: Any, who: str) -> None:
    if isinstance(source, Iterator):
        raise ConfigurationError(
            f"{who} got a {type(source).__name__}, which can be read only once",
            f"give the function that makes it, without calling it: {who}(events) rather than {who}(events())",
        )
    if not (isinstance(source, (str, list, tuple)) or callable(source)):
        raise ConfigurationError(
            f"{who} got {type(source).__name__} as its source",
            "give a path, a list of dicts, or a function; a table is read by ReadFrame",
        )
