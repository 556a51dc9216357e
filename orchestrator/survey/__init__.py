"""Doors to facts: asks what the decisions in question need, all hosts in parallel."""
