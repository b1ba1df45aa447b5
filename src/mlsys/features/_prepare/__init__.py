"""Parts of Clean and Prepare: reading texts, profiling columns, deciding their meaning, choosing steps."""
