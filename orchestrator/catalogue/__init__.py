"""Every error an operator can meet: one line each."""

from collections.abc import Mapping

from orchestrator.catalogue.code import Code
from orchestrator.catalogue.guests import GUESTS
from orchestrator.catalogue.hosts import HOSTS
from orchestrator.catalogue.planning import PLANNING
from orchestrator.catalogue.usage import USAGE

__all__ = ["CATALOGUE", "Code"]

CATALOGUE: Mapping[str, Code] = {**USAGE, **HOSTS, **GUESTS, **PLANNING}
