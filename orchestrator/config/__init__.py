"""From YAML files to settings: every mistake with its place and the way out, all of them at once."""

from orchestrator.config.load import load
from orchestrator.config.policy import load_policy

__all__ = ["load", "load_policy"]
