"""What one run asks of the ledger and of the hosts before anything of it begins."""

from collections.abc import Callable

import pytest

from orchestrator.engine import tickets as deciding
from orchestrator.engine.journal import Journal
from orchestrator.engine.rules import Rules
from orchestrator.engine.tickets import Tickets
from orchestrator.engine.tools import Outside, Works
from orchestrator.limits.foreign import foreign
from orchestrator.migration.record import MoveRecord
from orchestrator.model.guest import GuestId
from orchestrator.model.move import State
from orchestrator.model.policy import Limits
from orchestrator.model.traffic import Migrating, Traffic
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.contract.store_contract import MOVE, T0, holder, run
from tests.unit.limits.tickets import allowed

STRANGER = GuestId("00000000-0000-4000-8000-0000000000ff")
ONE = Limits(live=1)
RULES = Rules(
    limits=ONE,
    costs=lambda _move: {"host:kvm01.live": 1},
    priority=lambda _move: 0,
    capacity=allowed(ONE),
    budget=lambda _network, _host, _factor: None,
    floor=lambda _host: 1,
    network="migration",
    unshared=lambda _move: "",
)


class Steps:
    """A loop whose steps are called when the test says so, as if by threads of their own."""

    def __init__(self) -> None:
        self.steps: dict[str, Callable[[], float | None]] = {}

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        self.steps[key] = step

    def poke(self, key: str) -> None:
        pass

    def turn(self) -> None:
        for step in tuple(self.steps.values()):
            step()


class Busy:
    """A host on which somebody else moves a guest."""

    def traffic(self, *, within):
        return Traffic(migrations=(Migrating(guest=STRANGER, name="stranger", direction="out"),))


@pytest.mark.parametrize("answers", ["before", "meanwhile"])
def test_what_is_counted_and_what_is_relied_on_are_one_look(answers: str, monkeypatch) -> None:
    clock, loop = SimClock(), Steps()
    store = MemoryStore(clock.ticks)
    made = run("r")
    fence = store.open_run(made, holder(), lasts=1000.0)
    outside = Outside(
        hypervisor=lambda _host: Busy(), figures=lambda _host: {}, dead=lambda _held: False, holder=holder()
    )
    journal = Journal(made.id, fence, store, clock, ())
    tickets = Tickets(made, journal, RULES, works=Works(store=store, clock=clock, loop=loop), outside=outside)
    waiting = (MoveRecord(move=MOVE, state=State.WAITING, since=T0),)
    tickets.turn(waiting, ())
    assert len(loop.steps) == 2

    def counted(*asked):
        found = foreign(*asked)
        loop.turn()  # the hosts answer in this moment
        return found

    if answers == "before":
        loop.turn()
    else:
        monkeypatch.setattr(deciding, "foreign", counted)
    turn = tickets.turn(waiting, ())
    assert turn.hold == ()
    assert ("stranger" in turn.wait[0][1].sentence) is (answers == "before")
