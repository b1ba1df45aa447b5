"""RiverDetector: a detector of river in the place of a LossDetector, for comparison."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

from mlsys.drift.streams.loss_detector import LossAlarm
from mlsys.drift.streams.losses import losses_of
from mlsys.errors import ConfigurationError, listed, meant
from mlsys.pages import Lines, Page, Shown, Title, Verdict

_WHO = "RiverDetector"
_HOMES = ("river.drift", "river.drift.binary")


class RiverDetector(Shown):
    """Take the losses of a :class:`LossDetector` to a detector of river, to compare what both say.

    Parameters
    ----------
    name : str
        Class of ``river.drift`` or ``river.drift.binary``: ``"ADWIN"``, ``"PageHinkley"``, ``"KSWIN"``, ``"DDM"``, ...
    options : object
        Its settings, such as ``delta=0.002``.

    Raises
    ------
    ConfigurationError
        If the package ``river`` is not installed (``pip install "mlsys[streams]"``), has no such detector, or the
        detector does not take the settings.

    Notes
    -----
    None of these detectors states how often it alarms without a change; several alarm at falls as well. ``since`` and
    ``loss`` of ADWIN's alarms are the first of the losses that it keeps and their mean (Bifet and Gavaldà 2007); of the
    others they are None. They have no plain state, so that there is no ``save``.

    References
    ----------
    Bifet, A. and Gavaldà, R. (2007). Learning from time-changing data with adaptive windowing. SIAM International
    Conference on Data Mining, 443-448.
    Montiel, J. et al. (2021). River: machine learning for streaming data in Python. Journal of Machine Learning
    Research 22(110), 1-8.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> errors = np.concatenate([rng.random(3000) < 0.2, rng.random(1000) < 0.4])
    >>> RiverDetector("ADWIN").update(errors)[0].at  # doctest: +SKIP
    3136
    """

    def __init__(self, name: str = "ADWIN", **options: Any) -> None:
        self.name = name
        self.detector = _made(name, options)
        self.seen = 0
        self.missing = 0
        self.alarms = 0
        self.last_alarm: LossAlarm | None = None

    def update(self, losses: Any) -> list[LossAlarm]:
        """Take the next losses, in the order of the rows.

        Parameters
        ----------
        losses : float, or array-like of shape (n,)
            Numbers or truth values. Null and infinite ones are counted in ``missing``, and not passed on.

        Returns
        -------
        list of LossAlarm
            Alarms that these losses raised.

        Raises
        ------
        DataError
            If they are no numbers.
        """
        found = []
        for loss in losses_of(losses, f"{_WHO}.update", -math.inf).tolist():
            self.seen += 1
            if not math.isfinite(loss):
                self.missing += 1
                continue
            self.detector.update(loss)
            if self.detector.drift_detected:
                found.append(self._alarm())
        self.alarms += len(found)
        self.last_alarm = found[-1] if found else self.last_alarm
        return found

    def _alarm(self) -> LossAlarm:
        width, mean = (getattr(self.detector, each, None) for each in ("width", "estimation"))
        since = None if width is None else self.seen - int(width) + 1
        return LossAlarm(self.seen, since, None if mean is None else float(mean))

    def _page(self) -> Page:
        last = f"at loss {self.last_alarm.at:,}" if self.last_alarm else ""
        missing = f"{self.missing:,} losses were null or infinite" if self.missing else ""
        return Page([
            Title(f"{self.name} of river: {self.seen:,} losses seen"),
            Verdict(f"alarms: {self.alarms:,}" if self.alarms else "no alarm", "no rate of false alarms is stated"),
            Lines([(label, said) for label, said in (("last alarm", last), ("missing", missing)) if said]),
        ])  # fmt: skip


def _made(name: str, options: dict[str, Any]) -> Any:
    try:
        homes = [import_module(each) for each in _HOMES]
    except ImportError as error:
        raise ConfigurationError(f"{_WHO} needs the package river", 'run: pip install "mlsys[streams]"') from error
    known = {each: getattr(home, each) for home in homes for each in dir(home) if each in home.__all__}
    known = {each: of for each, of in known.items() if hasattr(of, "update") and hasattr(of, "drift_detected")}
    if name not in known:
        raise ConfigurationError(
            f"{_WHO}: river has no detector {name!r}", f"{meant(name, known)}there are {listed(sorted(known))}"
        )
    try:
        return known[name](**options)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"{_WHO}: {name} does not take {options}: {error}", "see river's manual") from error
