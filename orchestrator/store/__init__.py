"""The only door to SQL: journal, leases and tickets of every run, in one SQLite file or one PostgreSQL database."""

from orchestrator.store.sql import SqlStore

__all__ = ["SqlStore"]
