"""Pre-flight: one rule per file, facts in, findings out."""
