"""Running a plan: who sees what, in which order, with which seed."""
