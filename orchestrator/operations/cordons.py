"""Hosts that take no guests for now: a person says so, and takes it back."""

from collections.abc import Iterator, Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling
from orchestrator.evacuation.errands import sentence
from orchestrator.model.cordon import Arriving, Cordon, Cordoning
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing
from orchestrator.model.order import Order
from orchestrator.model.roll import Roll
from orchestrator.model.run import RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.given_up import leave_out
from orchestrator.operations.liveness import lives


def cordons(doors: Doors) -> Sequence[Cordon]:
    """The same where nothing can be said without the store. Raises store.unavailable."""
    return doors.store().cordons()


def cordoned(doors: Doors) -> tuple[Cordon, ...] | Unknown:
    """Which hosts take no guests, the oldest cordon first; Unknown where the store does not say."""
    try:
        return tuple(doors.store().cordons())
    except OrchestratorError as error:
        (problem, *_) = error.problems
        if problem.code == "usage.saved-facts":  # they tell of hosts, and no store stands beside them
            return ()
        return Unknown(why=problem.saw, code=problem.code)


def cordon(
    doors: Doors, host: HostName, because: str, who: Who, *, dry_run: bool = False, emptied: bool = False
) -> Cordoning:
    """Have no guest begin to move to the host, until a person takes it back. What is on its way there goes on.

    emptied: the host is being emptied, and open again once its guests are to come home. An earlier cordon is replaced;
    that of a run becomes a person's then, and the run will not lift it. Raises usage.unknown-host.
    """
    if host not in doors.settings.hosts:
        raise OrchestratorError.of("usage.unknown-host", f"{host} is not among {', '.join(doors.settings.hosts)}")
    store = doors.store()
    before = _of(doors, host)
    by = f"{who.login} on {who.controller}"
    new = Cordon(host=host, by=by, at=doors.clock.now(), because=because, emptied=emptied)
    # The cordon before the tickets: a move books its ticket first and then looks for a cordon, so none slips through.
    now = new if dry_run else store.keep_cordon(new)
    return Cordoning(host=host, cordon=now, before=before, arriving=tuple(_arriving(doors, host)), done=not dry_run)


def uncordon(doors: Doors, host: HostName, *, dry_run: bool = False, by_name: bool = True) -> Cordoning:
    """Let the host take guests again; an evacuation of it that was left unfinished is not gone on with, and a roll that
    was left at it only once a person wants that. A host that the configuration does not name any more is let go too.

    by_name: a person asks for this host itself, and may decide of one that a roll has left. Raises usage.unknown-host,
    host.cordon-held where a run that goes on has put the cordon, or a roll relies on it.
    """
    before = _of(doors, host)
    if before is None and host not in doors.settings.hosts:
        raise OrchestratorError.of("usage.unknown-host", f"{host} is not among {', '.join(doors.settings.hosts)}")
    if before is not None:
        _demand_left(doors, before, by_name=by_name)
        if not dry_run and not doors.store().lift_cordon(host, of=before.run):  # somebody has put another one
            return Cordoning(host=host, cordon=_of(doors, host), before=before, done=True)
        if not dry_run:
            _demand_left_still(doors, before, by_name=by_name)
    given_up = tuple(map(sentence, leave_out(doors, (host,), dry_run=dry_run)))
    stopped = tuple(_stopped(doors, host, f"ferry {'uncordon' if by_name else 'restore'} {host}", dry_run=dry_run))
    return Cordoning(host=host, cordon=None, before=before, given_up=given_up, stopped=stopped, done=not dry_run)


def _stopped(doors: Doors, host: HostName, by: str, *, dry_run: bool) -> Iterator[RunId]:
    """Have whoever takes up a roll that was left at this host let it go, and the roll rest."""
    store = doors.store()
    for roll in store.rolls():
        if rolling.would_shut(roll, host) and not lives(doors, store.lease(roll.id)):
            if not dry_run:
                store.order(roll.id, Order(kind="stop", by=by), at=doors.clock.now())
            yield roll.id


def _of(doors: Doors, host: HostName) -> Cordon | None:
    return next((one for one in doors.store().cordons() if one.host == host), None)


def _arriving(doors: Doors, host: HostName) -> Iterator[Arriving]:
    for ticket in doors.store().ledger().tickets:
        if ticket.destination == host:
            yield Arriving(name=ticket.name, run=ticket.run, begun=ticket.standing is Standing.HOLDING)


def relied_on(doors: Doors, host: HostName, *, by_name: bool = False) -> Roll | None:
    """The roll that would give its command, or has given it, on a host that takes no guests, whoever put the cordon.

    by_name: a person speaks of this host: a roll that nobody works on does not count.
    """
    for roll in doors.store().rolls():
        if roll.over or not rolling.kept_shut(roll, host):
            continue
        if lives(doors, doors.store().lease(roll.id)) or (rolling.was_worked_on(roll, host) and not by_name):
            return roll
    return None


def _demand_left_still(doors: Doors, before: Cordon, *, by_name: bool) -> None:
    """A roll that gave its command while the cordon was lifted may have counted on it: it is put again then. One that
    gives it from now on puts its own first."""
    try:
        _demand_left(doors, before, by_name=by_name)
    except OrchestratorError:
        doors.store().keep_cordon(before)
        raise


def _demand_left(doors: Doors, stands: Cordon, *, by_name: bool) -> None:
    """Let nobody take away what a process relies on that works on the host."""
    roll = relied_on(doors, stands.host, by_name=by_name)
    if roll is not None:
        relies = (
            f"{stands}. Roll {roll.id} relies on it: its command is about to run there, or has and nobody saw it well"
        )
        raise OrchestratorError.of("host.cordon-held", relies, fix=f"ferry rolling; ferry resume {roll.id}")
    held = doors.store().lease(stands.run) if stands.run is not None else None
    if held is None or not lives(doors, held):
        return
    saw = f"{stands}. It is relied on: {held.holder} drives run {stands.run}"
    raise OrchestratorError.of("host.cordon-held", saw, fix=f"ferry stop {stands.run}; ferry status")
