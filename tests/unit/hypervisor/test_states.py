"""The words that decisions depend on."""

import pytest

from orchestrator.hypervisor import states
from orchestrator.model.guest import Power


@pytest.mark.parametrize(
    ("state", "reason", "power", "word"),
    [
        (1, 1, Power.RUNNING, "booted"),
        (1, 2, Power.RUNNING, "migrated"),
        (1, 6, Power.RUNNING, "migration canceled"),
        (2, 0, Power.RUNNING, ""),
        (3, 1, Power.PAUSED, "user"),
        (3, 2, Power.PAUSED, "migration"),
        (4, 1, Power.RUNNING, "shutting down"),
        (5, 1, Power.SHUT_OFF, "shutdown"),
        (5, 2, Power.SHUT_OFF, "destroyed"),
        (5, 3, Power.SHUT_OFF, "crashed"),
        (5, 4, Power.SHUT_OFF, "migrated"),
        (5, 6, Power.SHUT_OFF, "failed"),
        (6, 1, Power.PAUSED, "panicked"),
        (7, 0, Power.RUNNING, "asleep"),
        (1, 99, Power.RUNNING, ""),
    ],
)
def test_states(state: int, reason: int, power: Power, word: str) -> None:
    assert (states.power(state), states.reason(state, reason)) == (power, word)
