"""Losses that boosters have none of: their gradients, and the booster that is left when they have done their work."""

from mlsys.models.losses.focal import FocalLoss
from mlsys.models.losses.lending import lent, refuse_focal

__all__ = ["FocalLoss", "lent", "refuse_focal"]
