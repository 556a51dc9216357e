"""A dozen deaths in the middle of a move; the benchmark `crashes` tries five times as many."""

from pathlib import Path

import pytest

from tests.integration.crashes import Crash, Victim, busy, try_out
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab

# Not here: libvirtd of the destination while it starts the guest's QEMU. That can leave a copy on the host which only
# a person can remove (docs/how-to/after-a-crash.md).
DOZEN = (
    Crash("measuring", Victim.FERRY),
    Crash("preparing", Victim.FERRY, ("kvm01", "kvm02")),
    Crash("preparing", Victim.SOURCE_DAEMON),
    Crash("pre-copy", Victim.FERRY, ("kvm01", "kvm02")),
    Crash("pre-copy", Victim.SOURCE_DAEMON),
    Crash("pre-copy", Victim.DESTINATION_QEMU, ("kvm01", "kvm02")),
    Crash("pre-copy", Victim.LINK),
    Crash("switchover", Victim.FERRY),
    Crash("switchover", Victim.DESTINATION_DAEMON, ("kvm01", "kvm02")),
    Crash("post-copy", Victim.FERRY),
    Crash("pre-copy", Victim.DESTINATION_DAEMON, ("kvm01", "kvm02")),
    Crash("confirming", Victim.FERRY, ("kvm01", "kvm02")),
)


@pytest.mark.parametrize("number", range(len(DOZEN)), ids=[crash.name for crash in DOZEN])
def test_a_death_loses_and_doubles_no_guest(lab: Lab, tmp_path: Path, number: int) -> None:
    crash = DOZEN[number]
    guest = busy(f"crash-{number}", 60 + number, crash)
    lab.start_guest(guest)
    lab.wait_for_guest(guest.name)
    verdict = try_out(lab, crash, guest, tmp_path)
    assert verdict.struck, f"the move never came to {crash.state}: {verdict}"
    assert verdict.good, verdict
