"""What is done at one host of a roll: each step looks first, acts once, and writes what was seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from orchestrator.engine.interlude import pause
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation import rolling, sequence
from orchestrator.evacuation.clearance import against, picture, unhealthy
from orchestrator.migration.terms import Level
from orchestrator.model.cordon import Cordon
from orchestrator.model.effect import Done, Refused
from orchestrator.model.facts import Ask, Facts, HostFacts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.open_move import OpenMove
from orchestrator.model.roll import Picture, Roll, RollEntry, Step
from orchestrator.model.topic import Topic
from orchestrator.model.upkeep import CommandSeen, MachineSeen
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import on_hold
from orchestrator.operations.hooks import of_roll
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.open_moves import open_moves
from orchestrator.operations.rolling_moves import Hands, Moving
from orchestrator.ports import Upkeep

ASK_AGAIN = 5.0  # seconds between two looks at a command that runs, or at a host that comes back
_UNKNOWN = "it is configured no longer"
_PICTURED = frozenset({Topic.POOLS, Topic.CPU_OFFERS})


class Leaving(Exception):  # noqa: N818 - no error: an operator wants this process gone, and what it began goes on
    """The operator does not wait for what was begun."""


@dataclass
class Bench:
    """What every step works with. note: writes an entry, durably. roll: with all that was written so far. fence: of who
    works on it."""

    doors: Doors
    fence: Fence
    hands: Hands
    moving: Moving
    note: Callable[[RollEntry], None]
    roll: Roll

    def __post_init__(self) -> None:
        self._leaves = Stop()  # that an operator wants no more than a stop ends no pause
        self.hands.stop.on_change(self._leave)

    def _leave(self) -> None:
        if self.hands.stop.level >= Level.ABORT:
            self._leaves.more(self.hands.stop.by)

    def write(self, step: Step, host: HostName, because: str = "", **more: object) -> None:
        """Write an entry of a host."""
        self.note(RollEntry(at=self.doors.clock.now(), step=step, host=host, because=because, **more))  # type: ignore[arg-type]

    def facts(self, hosts: tuple[HostName, ...], topics: frozenset[Topic] = frozenset()) -> Facts:
        """Ask these hosts; with topics, also over SSH."""
        return self.doors.survey().facts(Ask(hosts=hosts, topics=topics, shell=bool(topics)), within=PATIENCE)

    def let_go(self, host: HostName) -> None:
        """Leave a host as it is, before its command: it takes guests again, and begins anew if the roll goes on."""
        self.write(Step.UNCORDONED, host, "let go: nothing was done to it", again=Step.CHECKED, freed=True)

    def give_up(self, host: HostName, because: str) -> None:
        """Fail a host before its command; it is not touched, and takes guests again."""
        self.write(Step.FAILED, host, because, again=Step.CHECKED, freed=True)

    def close(self, host: HostName) -> Cordon:
        """Have no guest come to the host; answers the cordon that stands. Done twice it is done once."""
        roll = self.roll
        because = f"roll {roll.id} over {', '.join(roll.hosts)}"
        own = Cordon(host=host, by=roll.by, at=self.doors.clock.now(), because=because, run=roll.id)
        return self.doors.store().keep_cordon(own, fence=self.fence)

    def upkeep(self, host: HostName) -> Upkeep:
        """Where the command of this host runs."""
        return upkeep_of(self.doors, self.roll, host)

    def kernel(self, host: HostName) -> Upkeep:
        """What the host's own kernel says."""
        return upkeep_of(self.doors, replace(self.roll, local=False), host)

    def wait(self) -> None:
        """Until it pays to look again; whoever was told to leave at once does so here."""
        if self.hands.stop.level >= Level.ABORT:
            raise Leaving(f"left by {self.hands.stop.by}")
        pause(self.doors.loop(), self.doors.clock, self._leaves, ASK_AGAIN)


def upkeep_of(doors: Doors, roll: Roll, host: HostName) -> Upkeep:
    """The machine on which the command for this host runs. Raises usage.saved-facts where there is no way to it."""
    if roll.local and doors.controller is not None:
        return doors.controller()
    if roll.local or doors.upkeep is None:
        raise OrchestratorError.of("usage.saved-facts", "a command would be run")
    return doors.upkeep(host)


def act(bench: Bench, step: Step, host: HostName) -> None:
    """Take the step; every one of them bears being taken again after a crash."""
    steps: Mapping[Step, Callable[[Bench, HostName], None]] = {
        Step.CHECKED: check,
        Step.CORDONED: cordon,
        Step.EVACUATING: lambda b, h: b.write(Step.EVACUATING, h),
        Step.EMPTIED: empty,
        Step.COMMANDING: command,
        Step.COMMANDED: outcome,
        Step.HEALTHY: health,
        Step.UNCORDONED: uncordon,
        Step.RESTORED: restore,
        Step.DONE: lambda b, h: b.write(Step.DONE, h),
    }
    steps[step](bench, host)


def bear_unknown(bench: Bench, step: Step, host: HostName) -> None:
    """What becomes of a host that is configured no longer, and cannot be asked: before its command it has failed and is
    left as it is, after it the roll ends as at one that does not come back."""
    if step in (Step.UNCORDONED, Step.DONE):
        act(bench, step, host)
    elif step is Step.RESTORED:
        bench.write(step, host, _UNKNOWN)
    elif step in (Step.COMMANDED, Step.HEALTHY):
        _failed(bench, host, _UNKNOWN, away=True, again=step)
    else:
        bench.give_up(host, _UNKNOWN)


def reckon(doors: Doors, roll: Roll) -> tuple[tuple[sequence.Leg, ...], tuple[str, ...], Facts]:
    """What the rest of the sequence comes to now: its legs, what speaks against beginning it, and the facts."""
    settings = doors.settings
    known = [host for host in roll.hosts if host in settings.hosts]
    rest = [host for host in known if not rolling.done(roll, host) and rolling.upcoming(roll, host) is not None]
    facts = doors.survey().facts(Ask(hosts=tuple(settings.hosts), shell=False), within=PATIENCE)
    closed = {one.host for one in doors.store().cordons()} | set(rolling.failures(roll)) | on_hold(doors)
    found = sequence.legs(rest, facts, reserve=int(settings.policy.memory_reserve), restore=roll.restore, closed=closed)
    silent = sequence.silent(rest, facts, settings.hosts)
    said = (*(one.saw for one in silent), *(leg.sentence for leg in found if leg.left))
    return found, said, facts


def check(bench: Bench, host: HostName) -> None:
    """The whole rest of the sequence, before this host is taken: nobody is moved for a roll that cannot be finished."""
    found, said, facts = reckon(bench.doors, bench.roll)
    if said:
        bench.write(Step.FAILED, host, "; ".join(said), again=Step.CHECKED)
        return
    here = facts.hosts[host]
    assert isinstance(here, HostFacts)  # a silent host speaks against it
    guests = tuple(guest.uuid for guest in here.guests if guest.power is not Power.SHUT_OFF)
    because = next(leg.sentence for leg in found if leg.host == host)
    checked = RollEntry(at=bench.doors.clock.now(), step=Step.CHECKED, host=host, because=because, guests=guests)
    refused = of_roll(bench.doors, bench.roll, checked)
    if refused:
        bench.write(Step.FAILED, host, f"the hook before-roll refused it: {refused}", again=Step.CHECKED)
    else:
        bench.note(checked)


def cordon(bench: Bench, host: HostName) -> None:
    """From now on no guest comes here. Put before it is written: what is put twice is put once."""
    stands = bench.close(host)
    bench.write(Step.CORDONED, host, "" if stands.run == bench.roll.id else str(stands))


def empty(bench: Bench, host: HostName) -> None:
    """Move its guests away, and see whether it is empty. Where it is not, try again as often as was asked for."""
    bench.close(host)  # a person may have lifted it since it was put
    found, _, _ = reckon(bench.doors, bench.roll)
    to = next((leg.to for leg in found if leg.host == host), ())
    said = bench.moving.away(bench.doors, host, to, bench.hands)
    if bench.hands.stop.level > Level.GO:
        return  # the roll looks at the order next, and lets the host go
    reasons = standing_against(bench, host)
    if not reasons:
        bench.write(Step.EMPTIED, host)
        return
    tried = sum(entry.step is Step.EVACUATING for entry in rolling.since_checked(bench.roll, host))
    if tried < bench.roll.attempts:
        bench.write(Step.EVACUATING, host, "; ".join(dict.fromkeys((said, *reasons))))
        return
    bench.give_up(host, "; ".join(dict.fromkeys(part for part in (*reasons, said) if part)))


def standing_against(bench: Bench, host: HostName) -> tuple[str, ...]:
    """What speaks against a command at this second: libvirt, the process table, other hosts, open moves, tickets."""
    store, doors = bench.doors.store(), bench.doors
    everywhere = bench.facts(tuple(doors.settings.hosts))
    nobody = replace(doors.holder, pid=0)  # a run that this process had to leave counts as well
    moves: list[OpenMove] = [one for many in open_moves(store, nobody).values() for one in many]
    tickets = store.ledger().tickets
    machine: MachineSeen | Unknown = bench.kernel(host).machine(within=PATIENCE)
    again = bench.facts((host,))  # the others may have taken their time to answer
    facts = Facts(hosts={**everywhere.hosts, **again.hosts})
    return against(host, facts, machine, moves, tickets)


def command(bench: Bench, host: HostName) -> None:
    """Give the command: intent first, under a name that it has nowhere else, and only if the host is empty now.

    What speaks against it is looked for after the intent is on record: writing that may have taken its time. And after
    the host is cordoned, whatever has become of its cordon: a move books its ticket first and then looks for one.
    """
    here = bench.facts((host,), _PICTURED).hosts[host]
    before = picture(here) if isinstance(here, HostFacts) else None
    if before is None:
        why = here.why if isinstance(here, Unknown) else "not all of machine and boot id, networks, bridges, pools"
        bench.give_up(host, f"the command was not run: what {host} is like before it cannot be read: {why}")
        return
    number = sum(entry.step is Step.COMMANDING and entry.host == host for entry in bench.roll.entries) + 1
    name, controller = f"{bench.roll.id}.{host}.{number}", bench.doors.holder.controller
    bench.write(Step.COMMANDING, host, bench.roll.command, command=name, picture=before, controller=controller)
    bench.close(host)
    reasons = standing_against(bench, host)
    if reasons:
        bench.give_up(host, f"the command was not run: {'; '.join(reasons)}")
        return
    upkeep = bench.upkeep(host)
    effect = upkeep.begin(name, bench.roll.command, about=host, within=PATIENCE)
    if isinstance(effect, Refused):
        seen = upkeep.seen(name, within=PATIENCE)
        # This process alone knows the name: refused and not begun, it needs no mark that keeps it from beginning later.
        if (isinstance(seen, CommandSeen) and seen.state == "never begun") or _forbidden(bench, host, name):
            _begun_anew(bench, host, effect.why)


def _forbidden(bench: Bench, host: HostName, name: str) -> bool:
    """Make sure that the command under this name never begins. False: it has begun, or nobody knows."""
    return isinstance(bench.upkeep(host).forbid(name, within=PATIENCE), Done)


def _begun_anew(bench: Bench, host: HostName, why: str) -> None:
    """A command that never begins is given anew under another name, or its host is given up."""
    tried = sum(entry.step is Step.COMMANDING for entry in rolling.since_checked(bench.roll, host))
    if tried < bench.roll.attempts:
        bench.write(Step.EVACUATING, host, f"the command was not run: {why}")
    else:
        bench.give_up(host, f"the command was not run: {why}")


def outcome(bench: Bench, host: HostName) -> None:
    """Ask for the command that was given until it has ended, or cannot have: it is never given again here."""
    intent = rolling.given(bench.roll, host)
    assert intent is not None and intent.picture is not None
    if bench.roll.local and intent.controller != bench.doors.holder.controller:
        _failed(bench, host, f"the command ran on {intent.controller}: whether it has ended can only be asked there")
        return
    until = bench.doors.clock.ticks() + bench.roll.command_ms / 1000
    why = "nothing is known of it"
    while True:
        seen = bench.upkeep(host).seen(intent.command, within=PATIENCE)
        if isinstance(seen, CommandSeen):
            if _settled(bench, host, intent, seen):
                return
            why = "it still runs" if seen.state == "running" else "it has not begun, and cannot be kept from it"
        else:
            why = f"{host} cannot be asked: {seen.why}"
        if bench.doors.clock.ticks() >= until:
            took = f"{bench.roll.command_ms // 1000} s"
            _failed(bench, host, f"the command has not ended within {took}: {why}", away=isinstance(seen, Unknown))
            return
        bench.wait()


def _settled(bench: Bench, host: HostName, intent: RollEntry, seen: CommandSeen) -> bool:
    """Write what the mark proves; False: nothing yet."""
    before = intent.picture
    assert before is not None
    restarted = not bench.roll.local and seen.boot_id != before.boot_id
    if seen.state == "ended":
        if seen.status == 0:
            bench.write(Step.COMMANDED, host, "status 0")
        else:
            said = f": {seen.output.splitlines()[-1]}" if seen.output else ""
            _failed(bench, host, f"the command ended with status {seen.status}{said}", again=Step.CHECKED)
        return True
    if seen.state == "running":
        return False
    if seen.state == "broke off":
        if restarted and bench.roll.reboot:
            bench.write(Step.COMMANDED, host, "the host was restarted while it ran")
        else:
            how = "the host was restarted" if restarted else "its process is gone"
            _failed(bench, host, f"the command left no status: {how}")
        return True
    if restarted:
        _failed(bench, host, "the host was restarted, and no mark of the command is left: nobody knows whether it ran")
        return True
    if not _forbidden(bench, host, intent.command):
        return False
    _begun_anew(bench, host, "ferry ended, or lost its connection, before it had begun")
    return True


def _failed(bench: Bench, host: HostName, because: str, *, away: bool = False, again: Step = Step.COMMANDED) -> None:
    """Fail a host after its command was given: it stays cordoned until the roll is taken up or a person decides."""
    bench.write(Step.FAILED, host, because, away=away, again=again)


def health(bench: Bench, host: HostName) -> None:
    """Wait until the host is as it was. A host that does not come back ends the roll."""
    intent = rolling.given(bench.roll, host)
    assert intent is not None and intent.picture is not None
    until = bench.doors.clock.ticks() + bench.roll.healthy_ms / 1000
    while True:
        lacks = _lacks(bench, host, intent.picture)
        if not lacks:
            bench.write(Step.HEALTHY, host)
            return
        if bench.doors.clock.ticks() >= until:
            within = f"within {bench.roll.healthy_ms // 1000} s"
            _failed(bench, host, f"not healthy {within}: {'; '.join(lacks)}", away=True, again=Step.HEALTHY)
            return
        bench.wait()


def _lacks(bench: Bench, host: HostName, before: Picture) -> tuple[str, ...]:
    now = bench.facts((host,), _PICTURED).hosts[host]
    return unhealthy(before, now, reboot=bench.roll.reboot)


def uncordon(bench: Bench, host: HostName) -> None:
    """Guests may come again, unless a person has cordoned the host."""
    stands = next((one for one in bench.doors.store().cordons() if one.host == host), None)
    theirs = stands is not None and stands.run != bench.roll.id
    bench.write(Step.UNCORDONED, host, str(stands) if theirs else "", freed=True)


def restore(bench: Bench, host: HostName) -> None:
    """Bring home who was here before. A guest that cannot come stays where it runs, and that is said."""
    said = bench.moving.home(bench.doors, host, rolling.inhabitants(bench.roll, host), bench.hands)
    if bench.hands.stop.level > Level.GO:
        return
    bench.write(Step.RESTORED, host, said)
