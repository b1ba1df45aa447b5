"""First tables: real tables that nobody prepared, put to mlsys and to skrub with an estimator's defaults."""
