"""Random mishaps at random steps: the world itself keeps its rules, whatever ferry would make of it."""

import random

import pytest

from orchestrator.hypervisor import states
from orchestrator.model.command import Cancel, PausePostCopy, StartPostCopy, Suspend
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.transport import Method, Throttle
from orchestrator.simulator.world import Fault, Memory, Mishap, Phase, What
from tests.unit.simulator.stage import MIB, A, B, Stage

ENDS = (What.GUEST_ENDS, What.GUEST_CRASHES, What.QEMU_KILLED, What.HOST_DOWN)
STEPS = (*Phase, None)
# What libvirt says of a running, a paused and a shut-off guest.
RUNNING, PAUSED, SHUT_OFF = ({states.reason(state, number) for number in range(20)} for state in (1, 3, 5))
WORDS = {Power.RUNNING: RUNNING, Power.PAUSED: PAUSED - {""}, Power.INCOMING: PAUSED - {""}, Power.SHUT_OFF: SHUT_OFF}


def random_stage(dice: random.Random) -> Stage:
    mishaps = [
        Mishap(
            what=dice.choice(list(What)),
            host=dice.choice([A, B]),
            step=dice.choice(STEPS),
            after=dice.choice([0.0, 0.01, 0.5, 5.0]),
            lasts=dice.choice([0.5, 10.0, 60.0]),
        )
        for _ in range(dice.randint(1, 3))
    ]
    return Stage(*mishaps, fault=Fault(reply_lost=dice.random() < 0.1))


def live_through(stage: Stage, guest: GuestId, dice: random.Random) -> None:
    stage.begin(
        guest,
        postcopy=dice.random() < 0.5,
        control=dice.choice(["p2p", "p2p", "direct"]),
        held=dice.random() < 0.2,
        method=dice.choice([Method.TCP, Method.XBZRLE]),
        xbzrle_cache_bytes=64 * MIB,
        throttle=Throttle(initial=20, increment=10),
    )
    for _ in range(40):
        stage.wait(dice.choice([0.02, 0.3, 3.0]))
        command = dice.choice([StartPostCopy, StartPostCopy, Cancel, PausePostCopy, Suspend])
        if dice.random() < 0.2:
            stage.act(command(guest=guest))
        if dice.random() < 0.02:
            stage.world.client_gone()
        for copy in stage.world.copies.values():
            assert copy.reason in WORDS[copy.power], (copy.power, copy.reason)
        if stage.look_if_it_answers(guest, A) and dice.random() < 0.3:
            stage.recover(guest)


@pytest.mark.parametrize("block", range(4))
def test_no_guest_is_lost_unless_something_ended_it(block: int) -> None:
    for seed in range(block * 250, block * 250 + 250):
        dice = random.Random(seed)
        stage = random_stage(dice)
        memory = Memory(
            size=256 * MIB, used=128 * MIB, working_set=dice.choice([0, 100 * MIB]), write_rate=dice.choice([1e6, 60e6])
        )
        guest = stage.guest(memory, persistent=dice.random() < 0.7)
        live_through(stage, guest, dice)
        stage.wait(3000.0)
        ended = any(m.what in ENDS for m in stage.world.fault.mishaps)
        active = stage.world.active(guest)
        assert active or ended, f"seed {seed}: lost"
        flight = stage.world.flights.get(guest)
        left = None if flight is None else flight.phase
        assert left in (None, Phase.PRECOPY, Phase.BROKEN), f"seed {seed}: {left}"
        assert stage.world.at == stage.clock.ticks()
        assert all(not machine.debts for machine in stage.world.machines.values()), f"seed {seed}: left undone"
        running = [h for h in active if stage.world.copies[h, guest].power is Power.RUNNING]
        assert len(running) <= 1 or can_double(stage), f"seed {seed}: runs twice without a reason"


def can_double(stage: Stage) -> bool:
    """Whether something happened that leaves two copies running in reality, too."""
    causes = (What.DAEMON_FROZEN, What.DAEMON_KILLED, What.PARTITION, What.LOSE_REPLY, What.HOST_DOWN)
    return stage.world.fault.reply_lost or any(m.what in causes for m in stage.world.fault.mishaps)
