"""Two entries are two hosts only if nothing that tells machines apart is equal."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts, Identity, Unknown
from orchestrator.planning.same_machine import same_machine
from tests.unit.checks.builders import host

WHY = Unknown(why="no shell")


def facts(*identities: tuple) -> Facts:
    return Facts(
        hosts={
            f"kvm{n:02}": host(f"kvm{n:02}", identity=Identity(host_uuid=u, machine_id=m, boot_id=b))
            for n, (u, m, b) in enumerate(identities, start=1)
        }
        | {"down": Unknown(why="down")}
    )


@pytest.mark.parametrize(
    ("second", "what"),
    [(("A", "n", "c"), "host UUID"), (("x", "m", "c"), "machine id"), (("x", "n", "B\n"), "boot id")],
)
def test_one_equal_part_is_enough(second: tuple, what: str) -> None:
    problem = same_machine(facts(("a", "m", "b"), second))
    assert problem is not None
    assert f"kvm01 and kvm02 have the same {what}" in problem.saw
    assert OrchestratorError((problem,)).exit_code == 3


@pytest.mark.parametrize("second", [("x", "n", "c"), ("x", WHY, WHY), ("x", "", "")])
def test_different_or_unknown_is_not_equal(second: tuple) -> None:
    assert same_machine(facts(("a", "m", "b"), second)) is None
    assert same_machine(facts(("a", "", ""), second)) is None
    assert same_machine(facts(("a", WHY, WHY), second)) is None


def test_every_pair_is_named() -> None:
    problem = same_machine(facts(("a", "m", "1"), ("b", "m", "2"), ("c", "m", "3")))
    assert problem is not None
    assert problem.saw.count("same machine id") == 3
