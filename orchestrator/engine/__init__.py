"""Decisions carried out: one driver a move, one runner a run, one loop that owns the threads."""
