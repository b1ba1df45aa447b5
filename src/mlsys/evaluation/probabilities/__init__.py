"""Whether probabilities can be believed: reliability, calibration error, Brier decomposition, risk against coverage."""
