"""Models: any estimator with scikit-learn's interface, for forecasts too, and calibration of its probabilities."""

from mlsys.models._early_stopping import keeps_to_itself
from mlsys.models._estimators import weight_argument
from mlsys.models._inputs import takes_any
from mlsys.models.abstain import Abstain
from mlsys.models.calibrate import Calibrate
from mlsys.models.conformal import Conformal
from mlsys.models.ensembles import Bagging, Boosting, Stacking, Voting
from mlsys.models.train import Train
from mlsys.models.train_forecast import TrainForecast
from mlsys.models.train_in_phases import TrainInPhases
from mlsys.models.tune_threshold import TuneThreshold

__all__ = [
    "Abstain",
    "Bagging",
    "Boosting",
    "Calibrate",
    "Conformal",
    "Stacking",
    "Train",
    "TrainForecast",
    "TrainInPhases",
    "TuneThreshold",
    "Voting",
    "keeps_to_itself",
    "takes_any",
    "weight_argument",
]
