"""Training rows without a label: pseudo labels from a model, and soft labels as weighted rows."""

from mlsys.labeling.unlabelled.label_spreading import LabelSpreading
from mlsys.labeling.unlabelled.self_training import SelfTraining
from mlsys.labeling.unlabelled.soft import beats_its_labels, soft_rows, trusted_rows

__all__ = ["LabelSpreading", "SelfTraining", "beats_its_labels", "soft_rows", "trusted_rows"]
