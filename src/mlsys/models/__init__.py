"""Models: any estimator with scikit-learn's interface, for forecasts too, and calibration of its probabilities."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.models._early_stopping import keeps_to_itself as keeps_to_itself
    from mlsys.models._estimators import weight_argument as weight_argument
    from mlsys.models._inputs import takes_any as takes_any
    from mlsys.models.abstain import Abstain as Abstain
    from mlsys.models.calibrate import Calibrate as Calibrate
    from mlsys.models.conformal import Conformal as Conformal
    from mlsys.models.ensembles import Bagging as Bagging
    from mlsys.models.ensembles import Boosting as Boosting
    from mlsys.models.ensembles import Stacking as Stacking
    from mlsys.models.ensembles import Voting as Voting
    from mlsys.models.train import Train as Train
    from mlsys.models.train_forecast import TrainForecast as TrainForecast
    from mlsys.models.train_in_phases import TrainInPhases as TrainInPhases
    from mlsys.models.tune_threshold import TuneThreshold as TuneThreshold

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.models._early_stopping": "keeps_to_itself",
        "mlsys.models._estimators": "weight_argument",
        "mlsys.models._inputs": "takes_any",
        "mlsys.models.abstain": "Abstain",
        "mlsys.models.calibrate": "Calibrate",
        "mlsys.models.conformal": "Conformal",
        "mlsys.models.ensembles": "Bagging Boosting Stacking Voting",
        "mlsys.models.train": "Train",
        "mlsys.models.train_forecast": "TrainForecast",
        "mlsys.models.train_in_phases": "TrainInPhases",
        "mlsys.models.tune_threshold": "TuneThreshold",
    },
)
