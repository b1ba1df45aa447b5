"""Reading a stream: all at once, batch after batch, and again what was dealt with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlsys.data._event_progress import Counts, Progress, Standing
from mlsys.data.event_batch import Batch
from mlsys.errors import DataError

if TYPE_CHECKING:
    from mlsys.data._event_rules import Judged, Rules
    from mlsys.data.feeds import Feed, Message

AT_ONCE = 10_000
"""Events that are read together where nobody waits for them."""
_FEW = 1_000
"""Events from which a share of lost ones says something while a stream is read."""
_PATIENCE = 1.0
"""Seconds that a feed is asked for more before it is asked again."""


@dataclass(frozen=True)
class Reading:
    """A stream that can be opened, and the rules for its events.

    Parameters
    ----------
    feed : callable
        Opens the feed behind a standing.
    rules : Rules
        What makes rows.
    most : int
        Events after which reading ends.
    lost : float
        Share of events that may be set aside.
    source : str
        What is read, for messages.
    """

    feed: Callable[[Standing], Feed]
    rules: Rules
    most: int
    lost: float
    source: str

    def at_once(self) -> tuple[Judged, str]:
        """Return what becomes of all events that are there, and where an unfinished one begins."""
        messages: list[Message] = []
        with closing(self.feed(Standing())) as feed:
            while not feed.at_end and len(messages) < self.most:
                messages += feed.poll(min(AT_ONCE, self.most - len(messages)), _PATIENCE)
            unfinished = feed.unfinished if feed.at_end else ""
        judged = self.rules.judged(messages, Standing())
        self._refuse_lost(judged, judged.counts, 0)
        return judged, unfinished

    def batches(
        self, file: Progress | None, standing: Standing, follow: bool, size: int, patience: float
    ) -> Iterator[Batch]:
        """Yield batches behind a standing, or behind the one that a file holds; record each that is done."""
        with ExitStack() as held:
            if file is not None:
                held.enter_context(file.alone())
                standing = file.read()
            feed = held.enter_context(closing(self.feed(standing)))
            waits, left = follow and feed.grows, self.most
            while left > 0 and (waits or not feed.at_end) and not self.rules.is_over(standing):
                messages = _filled(feed, min(size, left), patience, waits)
                if not messages:
                    continue
                left -= len(messages)
                judged = self.rules.judged(messages, standing)
                self._refuse_lost(judged, judged.after.counts, _FEW)
                done = _Done(feed, file, judged.after)
                yield self._batch(judged, standing, done)
                done()
                standing = judged.after

    def replay(self, done: Standing, size: int) -> Iterator[Batch]:
        """Yield the events up to a standing, from the first on."""
        standing = Standing()
        with closing(self.feed(standing)) as feed:
            while standing.counts.read < done.counts.read and not feed.at_end:
                polled = feed.poll(size, _PATIENCE)
                messages = [each for each in polled if each.number <= done.numbers.get(each.partition, -1)]
                if messages:
                    judged = self.rules.judged(messages, standing)
                    yield self._batch(judged, standing, lambda: None)
                    standing = judged.after
        if standing.counts.read < done.counts.read:
            raise DataError(
                f"{self.rules.who}: of {done.counts.read:,} events that were dealt with, {self.source} now has "
                f"{standing.counts.read:,}",
                "keep events for as long as they are to be read again",
            )

    def _batch(self, judged: Judged, before: Standing, done: Callable[[], None]) -> Batch:
        name = f"{before.counts.read:012d}"
        watermark = self.rules.watermark(judged.after)
        return Batch(name, judged.rows, judged.aside, judged.counts, watermark, judged.after, done)

    def _refuse_lost(self, judged: Judged, counts: Counts, few: int) -> None:
        if counts.lost <= self.lost * max(counts.read, few) or not len(judged.aside):
            return
        first = judged.aside.iloc[0]
        raise DataError(
            f"{self.rules.who} would set aside {counts.lost:,} of {counts.read:,} events of {self.source} "
            f"({counts.broken:,} broken, {counts.late:,} late), more than lost={self.lost:g} allows; "
            f"{first['where']}: {first['reason']}",
            "correct dtypes=, time= or lateness=, or allow more with lost=",
        )


class _Done:
    """Records, once, that a batch is done."""

    def __init__(self, feed: Feed, file: Progress | None, standing: Standing) -> None:
        self._feed, self._file, self._standing = feed, file, standing
        self._done = False

    def __call__(self) -> None:
        if self._done:
            return
        if self._file is not None:
            self._file.write(self._standing)
        self._feed.settle()
        self._done = True


def _filled(feed: Feed, size: int, patience: float, waits: bool) -> list[Message]:
    """Return up to ``size`` messages: what comes within a time after the first one."""
    found = feed.poll(size, _PATIENCE)
    until = time.monotonic() + patience
    while found and len(found) < size and (waits or not feed.at_end):
        left = until - time.monotonic()
        if left <= 0:
            break
        found += feed.poll(size - len(found), left)
    return found
