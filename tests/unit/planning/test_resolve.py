"""What a name means: one guest, or a clear no."""

from collections.abc import Sequence

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Power
from orchestrator.planning.resolve import lives_on, resolve
from tests.unit.checks.builders import OTHER, WEB, guest, host

SILENT = Unknown(why="no answer within 10 s")
SHUT = guest(power=Power.SHUT_OFF)


def facts(**hosts) -> Facts:
    """Hosts by name: a list of guests, or Unknown."""
    return Facts(hosts={n: host(n, *g) if isinstance(g, Sequence) else g for n, g in hosts.items()})


@pytest.mark.parametrize("name", ["web", "kvm01/web", WEB, WEB.upper(), f"kvm01/{WEB}"])
def test_ways_to_name_a_guest(name: str) -> None:
    assert resolve(name, facts(kvm01=[guest()], kvm02=[guest("db", uuid=OTHER)])) == (guest(), "kvm01")


def test_a_stale_definition_elsewhere_is_not_a_second_guest() -> None:
    assert resolve("web", facts(kvm01=[SHUT], kvm02=[guest()], kvm03=[SHUT])) == (guest(), "kvm02")
    assert resolve(WEB, facts(kvm01=[guest(power=Power.INCOMING)], kvm02=[guest()])) == (guest(), "kvm02")


def test_a_stale_definition_can_still_be_named_on_purpose() -> None:
    assert resolve("kvm01/web", facts(kvm01=[SHUT], kvm02=[guest()])) == (SHUT, "kvm01")


def test_a_guest_that_runs_twice_is_one_guest() -> None:
    both = facts(kvm02=[guest()], kvm01=[guest()])
    assert resolve("web", both) == (guest(), "kvm01")
    assert lives_on(WEB, both) == ("kvm01", "kvm02")


def test_a_silent_host_does_not_hide_what_was_found() -> None:
    assert resolve("web", facts(kvm01=[guest()], kvm02=SILENT)) == (guest(), "kvm01")


def refused(name: str, given: Facts) -> tuple[str, int, str]:
    with pytest.raises(OrchestratorError) as caught:
        resolve(name, given)
    (problem,) = caught.value.problems
    return problem.code, caught.value.exit_code, f"{problem.saw} {problem.fix}"


@pytest.mark.parametrize("there", [SHUT, guest()], ids=["shut off", "running"])
def test_two_guests_of_one_name_are_never_guessed(there) -> None:
    code, exit_code, said = refused("web", facts(kvm01=[guest()], kvm02=[guest(uuid=OTHER, power=there.power)]))
    assert (code, exit_code) == ("usage.ambiguous-guest", 2)
    assert all(word in said for word in ("kvm01", "kvm02", WEB, OTHER, "kvm01/web"))


def test_one_guest_shut_off_in_two_places_is_not_guessed() -> None:
    assert refused("web", facts(kvm01=[SHUT], kvm02=[SHUT]))[0] == "usage.ambiguous-guest"


def test_unknown_names_the_likely_ones() -> None:
    code, exit_code, said = refused("wed", facts(kvm01=[guest()], kvm02=[]))
    assert (code, exit_code) == ("guest.unknown", 4)
    assert "perhaps web?" in said and "kvm01, kvm02" in said


def test_not_found_while_a_host_is_silent_is_not_unknown() -> None:
    code, exit_code, said = refused("db", facts(kvm01=[guest()], kvm02=SILENT, kvm03=SILENT))
    assert (code, exit_code) == ("host.unreachable", 6)
    assert "kvm02 (no answer within 10 s)" in said and "kvm03" in said


def test_the_reason_of_the_silence_is_kept() -> None:
    locked = Unknown(why="permission denied (publickey)", code="host.credentials")
    assert refused("db", facts(kvm01=[], kvm02=locked))[0] == "host.credentials"
    assert refused("kvm02/db", facts(kvm01=[], kvm02=locked))[0] == "host.credentials"
    assert refused("db", facts(kvm01=SILENT, kvm02=locked))[0] == "host.unreachable"


def test_a_host_named_with_the_guest() -> None:
    world = facts(kvm01=[guest()], kvm02=[], kvm03=SILENT)
    assert refused("kvm2/web", world)[0] == "usage.unknown-host"
    assert "perhaps kvm02" in refused("kvm2/web", world)[2]
    assert refused("kvm02/web", world)[0] == "guest.unknown"  # kvm02 answered: the silence of kvm03 is no excuse


@pytest.mark.parametrize("name", ["", "/", "/web", "kvm01/", "a/b/c", "$(id)", "-rf", "näme\x1b[31m"])
def test_strange_names_are_only_names(name: str) -> None:
    assert refused(name, facts(kvm01=[guest()], kvm02=[]))[1] in (2, 4)  # an unknown host, or an unknown guest
