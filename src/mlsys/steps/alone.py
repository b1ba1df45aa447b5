"""What steps that transform or predict do without a Pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from mlsys.autologging import no_autologging
from mlsys.detached import detached

if TYPE_CHECKING:
    import pandas as pd

    from mlsys.steps.fitted import Fitted


class FitsAlone:
    """Entry points of steps that are used on frames, and as scikit-learn estimators."""

    @final
    @no_autologging()
    def fit(self, data: pd.DataFrame, /, seed: int = 0, **roles: Any) -> Fitted:
        """Learn from ``data`` alone; ``target=``, ``time=``, ``group=``, ``weight=`` and ``id=`` by name.

        Parameters
        ----------
        data : DataFrame
            The rows to learn from, all of them.
        seed : int
            Root of the step's randomness.
        **roles : str
            Columns with a role: ``target="late"``.

        Returns
        -------
        Fitted
            The step with what it learned.

        Notes
        -----
        The step stays as it is; the result has ``state`` and ``transform(frame)``, of a model ``predict(frame)``.
        """
        fitted: Fitted = detached("fit", self, data, seed, **roles)
        return fitted

    @final
    def as_sklearn(self) -> Any:
        """Return a scikit-learn estimator that learns and acts as this step."""
        return detached("as_sklearn", self)
