"""What moves a prediction: of all rows by a feature's values, and of one row by its features."""
