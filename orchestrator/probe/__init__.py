"""Watching a guest from outside."""
