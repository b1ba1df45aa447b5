"""When to retrain: losses by age of the model, policies that weigh them against the price, and their replay."""

from mlsys.drift.retraining.advice import Advice
from mlsys.drift.retraining.by_period import training_history
from mlsys.drift.retraining.policy import RetrainPolicy
from mlsys.drift.retraining.refit_study import refit_study
from mlsys.drift.retraining.replay import Replay
from mlsys.drift.retraining.training import TrainingHistory

__all__ = ["Advice", "Replay", "RetrainPolicy", "TrainingHistory", "refit_study", "training_history"]
