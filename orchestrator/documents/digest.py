"""What two equal proposals have in common: a digest over what they would do."""

import hashlib
from dataclasses import replace

from pydantic_core import to_json

from orchestrator.documents.adapters import adapter
from orchestrator.model.move import Move
from orchestrator.model.plan import Plan


def plan_digest(plan: Plan) -> str:
    """SHA-256 over the canonical JSON of the moves.

    The CPU time that a guest had used when it was looked at is left out: it grows between two proposals of the same.
    """
    moves = tuple(replace(move, vcpu_time_ns=None) for move in plan.moves)
    plain = adapter(tuple[Move, ...]).dump_python(moves, mode="json")
    return hashlib.sha256(to_json(_sorted(plain))).hexdigest()


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
