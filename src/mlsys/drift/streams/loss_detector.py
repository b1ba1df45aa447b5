"""LossDetector: watch losses one by one, and alarm when they rise, with a stated rate of false alarms."""

from __future__ import annotations

import math
import numbers
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlsys.drift.streams.bets import FIRST_PIECE, PIECE, Floats, Gamblers, every_start, spread_starts
from mlsys.drift.streams.kept import reading, write
from mlsys.drift.streams.losses import losses_of, upper_mean
from mlsys.errors import ConfigurationError, DataError
from mlsys.pages import Lines, Page, Shown, Title, Verdict, number

_WHO = "LossDetector"
_SETTINGS = ("target", "tolerance", "mean_time_between_false_alarms", "false_alarm", "least")
_COUNTED = ("seen", "missing", "alarms", "alarmed", "_taken")
_CERTAINTY = 0.99
"""Probability that the target that ``fit`` finds is no smaller than the true mean."""
_FEWEST = 30
"""Losses from which the mean of a sample is about normal."""


@dataclass(frozen=True)
class LossAlarm:
    """An alarm of a detector on losses.

    Parameters
    ----------
    at : int
        Number of the loss that raised it, from 1; missing losses count.
    since : int, optional
        Number of the loss at which the change is likeliest to have begun, if the detector tells.
    loss : float, optional
        Mean loss from then until the alarm; somewhat too high, since the beginning was chosen by it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> losses = np.r_[rng.random(1_000) < 0.1, rng.random(1_000) < 0.4]
    >>> detector = LossDetector(target=0.1, tolerance=0.05, mean_time_between_false_alarms=10_000)
    >>> first = detector.update(losses)[0]
    >>> first.at > 1_000, abs(first.since - 1_000) < 50, first.loss > 0.15
    (True, True, True)
    """

    at: int
    since: int | None = None
    loss: float | None = None


class LossDetector(Shown):
    """Watch losses one by one, and alarm when their mean rises above a target, with a stated rate of false alarms.

    Parameters
    ----------
    target : float
        Mean loss while nothing has changed, in the units of the loss: the share of errors, for example.
    tolerance : float
        Rise of the mean that is no reason for an alarm.
    mean_time_between_false_alarms : float, optional
        Number of losses until an alarm, on average at least, while the mean stays within the tolerance. After an alarm
        the detector begins anew.
    false_alarm : float, optional
        Instead of it: probability of any alarm, however long one watches, while the mean stays within the tolerance.
        There is one alarm; ``restart()`` begins anew.
    least : float
        The smallest loss that is possible. Losses need no upper bound.

    Raises
    ------
    ConfigurationError
        If a number makes no sense, or not exactly one of both rates is given.

    Notes
    -----
    **What is guaranteed.** As long as the mean of each loss, given all before it, is at most ``target + tolerance``:
    the mean time until an alarm is at least ``mean_time_between_false_alarms``, and the probability of an alarm within
    any ``n`` losses from a start is at most ``n`` over that time; or, with ``false_alarm``, the probability of an alarm
    ever is at most that. It holds for any distribution of losses, at any number of losses, however often one looks.
    Losses may depend on each other, but a time of high losses that passes again is a rise as well: watch means of days
    where days differ. A target that is too small makes the guarantee void; :meth:`fit` takes an upper bound.

    **How.** Gamblers bet that losses are higher (Waudby-Smith and Ramdas 2024); each stakes another share, from 1 to
    80 % of the capital. Their mean capital is an e-process. New capital enters with every loss, since a change may
    begin at each: always 1 for the mean time (Shiryaev-Roberts e-detector: Shin, Ramdas and Rinaldo 2024), 1 in all for
    the probability. State and time per loss are the same however many losses there were.

    Labels that come late are put in order by :class:`MaturingLosses`.

    References
    ----------
    Shin, J., Ramdas, A. and Rinaldo, A. (2024). E-detectors: a nonparametric framework for sequential change detection.
    New England Journal of Statistics in Data Science 2(2), 229-260.
    Waudby-Smith, I. and Ramdas, A. (2024). Estimating means of bounded random variables by betting. Journal of the
    Royal Statistical Society B 86(1), 1-27.
    Shiryaev, A. N. (1963). On optimum methods in quickest detection problems. Theory of Probability and Its
    Applications 8(1), 22-46.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> errors = np.concatenate([rng.random(3000) < 0.2, rng.random(1000) < 0.4])
    >>> detector = LossDetector(target=0.2, tolerance=0.02, mean_time_between_false_alarms=10_000)
    >>> detector.update(errors[:3000])
    []
    >>> alarm = detector.update(errors[3000:])[0]
    >>> alarm.at, alarm.since, round(alarm.loss, 2)
    (3090, 2978, 0.39)
    """

    def __init__(
        self,
        *,
        target: float,
        tolerance: float = 0.0,
        mean_time_between_false_alarms: float | None = None,
        false_alarm: float | None = None,
        least: float = 0.0,
    ) -> None:
        self.target = _finite("target", target)
        self.tolerance = _finite("tolerance", tolerance)
        self.least = _finite("least", least)
        time = mean_time_between_false_alarms
        self.mean_time_between_false_alarms = None if time is None else _finite("mean_time_between_false_alarms", time)
        self.false_alarm = None if false_alarm is None else _finite("false_alarm", false_alarm)
        if (time is None) == (false_alarm is None):
            raise ConfigurationError(
                f"{_WHO}: give one of mean_time_between_false_alarms and false_alarm",
                "write mean_time_between_false_alarms=10_000, in losses",
            )
        if self.false_alarm is not None and not 0 < self.false_alarm < 1:
            raise ConfigurationError(f"{_WHO}: false_alarm={false_alarm!r} is no probability", "write false_alarm=0.05")
        if self.mean_time_between_false_alarms is not None and self.mean_time_between_false_alarms <= 1:
            raise ConfigurationError(
                f"{_WHO}: mean_time_between_false_alarms={time!r} is not above 1", "give a number of losses: 10_000"
            )
        if self.tolerance < 0:
            raise ConfigurationError(f"{_WHO}: tolerance={tolerance!r} is negative", "give a rise of the mean loss")
        if self.target + self.tolerance <= self.least:
            raise ConfigurationError(
                f"{_WHO}: target + tolerance is not above the smallest possible loss, {number(self.least)}: "
                "every greater loss would be an alarm",
                "give a tolerance above 0, or a smaller least=",
            )
        self.seen = 0
        self.missing = 0
        self.alarms = 0
        self.last_alarm: LossAlarm | None = None
        self.restart()

    @classmethod
    def fit(
        cls,
        losses: Any,
        *,
        tolerance: float = 0.0,
        mean_time_between_false_alarms: float | None = None,
        false_alarm: float | None = None,
        least: float = 0.0,
    ) -> LossDetector:
        """Make a detector whose target is learned from losses of a time without change.

        Parameters
        ----------
        losses : array-like of shape (n,)
            At least 30, of rows that the model did not learn from. Missing ones are left out.
        tolerance, mean_time_between_false_alarms, false_alarm, least : float, optional
            As of the class.

        Returns
        -------
        LossDetector
            Its target is an upper bound of the mean, which is too small for one in a hundred samples of losses.

        Raises
        ------
        DataError
            If there are fewer than 30 losses.
        """
        known = losses_of(losses, f"{_WHO}.fit", least)
        known = known[np.isfinite(known)]
        if len(known) < _FEWEST:
            raise DataError(f"{_WHO}.fit: {len(known)} losses are too few for a target", f"give {_FEWEST} or more")
        return cls(
            target=upper_mean(known, _CERTAINTY),
            tolerance=tolerance,
            mean_time_between_false_alarms=mean_time_between_false_alarms,
            false_alarm=false_alarm,
            least=least,
        )

    @property
    def threshold(self) -> float:
        """Evidence at which there is an alarm."""
        if self.false_alarm is not None:
            return 1 / self.false_alarm
        return float(self.mean_time_between_false_alarms or math.inf)

    @property
    def evidence(self) -> float:
        """Present evidence of a rise, from 0 on; an alarm at ``threshold``."""
        return self._gamblers.evidence

    def update(self, losses: Any) -> list[LossAlarm]:
        """Take the next losses, in the order of the rows.

        Parameters
        ----------
        losses : float, or array-like of shape (n,)
            Numbers or truth values. Null and infinite ones are counted in ``missing`` and change nothing.

        Returns
        -------
        list of LossAlarm
            Alarms that these losses raised.

        Raises
        ------
        DataError
            If they are no numbers, or one is smaller than ``least``; none is taken then.
        """
        values = losses_of(losses, f"{_WHO}.update", self.least)
        known = np.flatnonzero(np.isfinite(values))
        numbers: Floats = self.seen + 1.0 + known.astype(np.float64)
        rises = values[known] - self.least
        self.seen += len(values)
        self.missing += len(values) - len(known)
        found, piece = [], FIRST_PIECE
        while len(rises) and not self.alarmed:
            taken = self._bet(rises[:piece], numbers[:piece])
            piece = min(2 * piece, PIECE)
            if self.evidence >= self.threshold:
                found.append(self._alarm(int(numbers[taken - 1])))
                piece = FIRST_PIECE
            rises, numbers = rises[taken:], numbers[taken:]
        return found

    def restart(self) -> None:
        """Begin anew, as after a training; what was counted stays."""
        self._gamblers = Gamblers()
        self._taken = 0
        self.alarmed = False

    def _bet(self, losses: Floats, numbers: Floats) -> int:
        starts = every_start if self.false_alarm is None else spread_starts
        highest = self.target + self.tolerance - self.least
        entering = starts(self._taken + 1, len(losses))
        taken = self._gamblers.bet(losses, numbers, highest, entering, self.threshold)
        self._taken += taken
        return taken

    def _alarm(self, at: int) -> LossAlarm:
        since, loss = self._gamblers.run()
        self.alarms += 1
        self.last_alarm = LossAlarm(at, since, loss + self.least)
        if self.false_alarm is None:
            self.restart()
        else:
            self.alarmed = True
        return self.last_alarm

    def save(self, file: str | Path) -> Path:
        """Write settings and state into a file of plain JSON; one that is there is replaced at once.

        Returns
        -------
        Path
            The file.
        """
        about = {
            "settings": {name: getattr(self, name) for name in _SETTINGS},
            "counted": {name: getattr(self, name) for name in _COUNTED},
            "last_alarm": self.last_alarm and asdict(self.last_alarm),
            "gamblers": {name: values.tolist() for name, values in vars(self._gamblers).items()},
        }
        return write(Path(file), _WHO, about)

    @classmethod
    def load(cls, file: str | Path) -> LossDetector:
        """Read a detector that ``save`` wrote; it goes on where that one was.

        Raises
        ------
        StateError
            If the file is missing, damaged, changed, or not of a detector.
        """
        with reading(Path(file), _WHO) as about:
            made = cls(**about["settings"])
            for name in _COUNTED:
                setattr(made, name, about["counted"][name])
            made.last_alarm = LossAlarm(**about["last_alarm"]) if about["last_alarm"] else None
            made._gamblers = Gamblers(**{name: np.array(values) for name, values in about["gamblers"].items()})
        return made

    def _page(self) -> Page:
        rate = f"an alarm in {self.threshold:,.0f} losses or more, on average"
        if self.false_alarm is not None:
            rate = f"any alarm, ever, with a probability of at most {number(self.false_alarm)}"
        said = f"evidence {number(self.evidence)}, alarm at {number(self.threshold)}"
        last = self.last_alarm
        begun = f"at loss {last.at:,}, since about loss {last.since:,}: {number(last.loss)} on average" if last else ""
        return Page([
            Title(f"Loss detector: {self.seen:,} losses seen"),
            Verdict("alarm" if self.alarmed else f"alarms: {self.alarms:,}" if self.alarms else "no alarm", said),
            Lines([(label, each) for label, each in [
                ("last alarm", begun),
                ("watches", f"a mean loss above {number(self.target)}, by more than {number(self.tolerance)}"),
                ("without a rise", rate),
                ("missing", f"{self.missing:,} losses were null or infinite" if self.missing else ""),
            ] if each]),
        ])  # fmt: skip


def _finite(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not math.isfinite(float(value)):
        raise ConfigurationError(f"{_WHO}: {name}={value!r} is not a number", f"give {name} as a number")
    return float(value)
