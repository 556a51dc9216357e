"""What a host's shell says of the host: recorded answers, and the script itself."""

import subprocess

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey import host_script, identity
from tests.unit.survey.builders import host

RECORDED = """machine 7f8b2111a33e5f3d8be8fbddbb710c49
boot 8aa309b7-d216-4653-ac5a-fde0a6964355
bridge br-guest
bridge virbr0
"""


def said(text: str) -> CommandResult:
    return CommandResult(status=0, stdout=text, stderr="")


def test_a_recorded_answer() -> None:
    found = identity.parse(said(RECORDED), "leg")
    assert found.machine_id == "7f8b2111a33e5f3d8be8fbddbb710c49"
    assert found.boot_id == "8aa309b7-d216-4653-ac5a-fde0a6964355"
    assert found.bridges == {"br-guest", "virbr0"}


@pytest.mark.parametrize("text", ["machine \nboot x\n", "boot x\n", ""])
def test_a_host_without_machine_id(text: str) -> None:
    found = identity.parse(said(text), "controller to kvm01, ssh").machine_id
    assert isinstance(found, Unknown) and found.leg


@pytest.mark.parametrize(("line", "amount"), [("available 2048\n", 2 * 2**20), ("available \n", None), ("", None)])
def test_available_memory(line: str, amount: int | None) -> None:
    found = identity.parse(said(RECORDED + line), "leg")
    assert found.memory_available_bytes == amount
    assert identity.merged(host("kvm01"), found).memory_available_bytes == amount


def test_a_silent_shell_makes_all_of_it_unknown() -> None:
    why = Unknown(why="no", leg="l")
    found = identity.parse(why, "l")
    assert (found.machine_id, found.boot_id, found.bridges) == (why, why, why)


def test_the_script_runs_with_a_plain_shell() -> None:
    done = subprocess.run(["sh", "-eu", "-c", host_script.script(())], capture_output=True, text=True, check=True)
    assert not done.stderr
    found = identity.parse(said(done.stdout), "l")
    assert isinstance(found.boot_id, str)
    assert found.memory_available_bytes is not None and found.memory_available_bytes > 0


def test_bridges_that_only_root_can_list_are_unknown_where_sudo_refuses() -> None:
    found = identity.parse(said(RECORDED + "hidden bridges\n"), "controller to kvm01, ssh")
    assert isinstance(found.bridges, Unknown) and "sudoers" in found.bridges.why
    assert isinstance(found.boot_id, str)


def test_a_shell_failed_only_if_it_said_nothing_at_all() -> None:
    no = Unknown(why="no key", code="host.credentials", leg="controller to kvm01, ssh")
    whole = identity.merged(host("kvm01"), identity.parse(no, "leg"))
    assert identity.failure(whole) == no
    assert identity.failure(identity.merged(host("kvm01"), identity.parse(said("boot x\nhidden b\n"), "leg"))) is None
    assert identity.failure(host("kvm01")) is None, "nobody tried"
