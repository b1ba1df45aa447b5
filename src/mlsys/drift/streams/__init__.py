"""Streams: losses watched one by one, with a stated rate of false alarms, and labels that come late."""

from mlsys.drift.streams.loss_detector import LossAlarm, LossDetector
from mlsys.drift.streams.maturing import MaturingLosses
from mlsys.drift.streams.river_detector import RiverDetector

__all__ = ["LossAlarm", "LossDetector", "MaturingLosses", "RiverDetector"]
