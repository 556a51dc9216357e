"""From YAML files to settings: every mistake with its place and the way out, all of them at once."""

from orchestrator.config.load import load

__all__ = ["load"]
