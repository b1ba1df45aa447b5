"""All columns together: tests on rows, for changes that no column shows alone."""

from mlsys.drift.joint.comparing import JOINT_TESTS, compare_jointly, sample_of

__all__ = ["JOINT_TESTS", "compare_jointly", "sample_of"]
