"""Putting a pipeline to the test: its recipe run again with rows replaced that must not matter."""

from mlsys.audit.audit import audit
from mlsys.audit.result import LeakageAudit

__all__ = ["LeakageAudit", "audit"]
