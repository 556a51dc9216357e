"""An evacuation over the simulated world: what the hosts say is read from it, and a plain planner places the guests."""

from dataclasses import replace
from itertools import count

from orchestrator.engine.stop import Stop
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.facts import Ask, Facts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying, Policy
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.operations import emptying, unbegun
from orchestrator.operations import restore as homeward
from orchestrator.operations.errands import begin, recorded
from orchestrator.operations.evacuate import Bounded, close, evacuate
from orchestrator.operations.host_leases import taken
from orchestrator.operations.propose import _not_over as not_over
from orchestrator.operations.restore import homes_of, restore, way_home, who_is_away
from orchestrator.operations.resume import orphans, resume
from orchestrator.operations.taking_up import take_up
from orchestrator.operations.unbegun import interrupted
from orchestrator.planning.homecoming import place_of
from orchestrator.planning.leaving import leaving
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import MIB, WHO, A, B, Bench, C
from tests.screens import world as drawn

D = HostName("kvm04")
THERE = (Power.RUNNING, Power.PAUSED, Power.SHUT_OFF)
LIVE = (Power.RUNNING, Power.PAUSED)


class Town:
    """Four hosts. room: bytes that guests of a host may have. apart: guests that are never on one host together.
    blocked: guests that no host takes. closed: (guest, host) that do not fit. silent: hosts that do not answer;
    forgotten: those that are configured no longer."""

    def __init__(self, monkeypatch, *, evacuation: Emptying | None = None, fault=None, live: int = 2) -> None:
        policy = Policy(name="test", evacuation=evacuation or Emptying())
        more = {} if fault is None else {"fault": fault}
        self.bench = Bench(hosts=(A, B, C, D), policy=policy, live=live, **more)
        self.room = dict.fromkeys(self.bench.hosts, 4096 * MIB)
        self.apart: frozenset[GuestId] = frozenset()
        self.blocked: set[GuestId] = set()
        self.closed: set[tuple[GuestId, HostName]] = set()
        self.silent: set[HostName] = set()
        self.forgotten: set[HostName] = set()
        self.names = count(1)
        self.asked: list[tuple[str, ...]] = []
        for module in (unbegun, homeward):
            monkeypatch.setattr(module, "propose", self.propose)
        monkeypatch.setattr(emptying, "plan_leaving", self.plan_leaving)
        monkeypatch.setattr(homeward, "plan_returning", self.plan_returning)

    def facts(self, ask, *, within):
        said = {}
        for host in ask.hosts:
            if host in self.silent:
                said[host] = Unknown(why="no answer", code="host.unreachable")
                continue
            found = [(guest, self.bench.world.copy(host, guest)) for guest in self.bench.guest_ids]
            guests = tuple(
                drawn.guest(f"guest-{guest[-2:]}", 1, uuid=guest, power=copy.power) for guest, copy in found if copy
            )
            said[host] = drawn.host(host, guests)
        return Facts(hosts=said)

    def doors(self, killer=None):
        made = self.bench.doors(killer)
        hosts = {name: entry for name, entry in made.settings.hosts.items() if name not in self.forgotten}
        settings = replace(made.settings, hosts=hosts)
        return replace(made, settings=settings, new_run_name=lambda: f"run-{next(self.names)}", survey=lambda: self)

    def on(self, host, powers=LIVE):
        return sorted(g for g in self.bench.guest_ids if (c := self.bench.world.copy(host, g)) and c.power in powers)

    def places(self, guest):
        return [host for host in self.bench.hosts if guest in self.on(host)]

    def propose(self, doors, request, *, soon=False):
        self.asked.append(request.guests)
        moves, findings, going = [], [], {h: list(self.on(h, (*LIVE, Power.INCOMING))) for h in self.bench.hosts}
        moving = not_over(doors, request)
        cordoned = {one.host for one in doors.store().cordons()} - request.uncordoned
        for named in request.guests:
            source, _, uuid = named.partition("/")
            fits = [
                host
                for host in (self.bench.hosts if request.to is None else (request.to,))
                if host != source and host not in request.avoid.get(uuid, ()) and host not in cordoned
                if host not in self.silent | self.forgotten
                if uuid not in self.blocked and (uuid, host) not in self.closed and not moving.get(uuid)
                if not (uuid in self.apart and self.apart & set(going[host]))
                if request.mode is Mode.OFFLINE or self.size(uuid) + sum(map(self.size, going[host])) <= self.room[host]
                if uuid in self.on(source, THERE)
            ]
            if not fits:
                saw = f"no host takes guest-{uuid[-2:]}"
                findings.append(
                    Finding(check="memory", severity=Severity.BLOCKER, guest=f"guest-{uuid[-2:]}", source=source,
                            destination=None, saw=saw, fix="")
                )  # fmt: skip
                continue
            to = min(fits, key=lambda host: (sum(map(self.size, going[host])), host))
            going[to].append(uuid)
            moves.append(self.bench.move(uuid, to, source, mode=request.mode))
        return Plan(moves=tuple(moves), findings=tuple(findings))

    def plan_leaving(self, doors, request, *, soon=False):
        """Who leaves is sorted as planning.leaving does it; the places are those of `propose`."""
        gone = leaving(request, doors.settings, self.facts(Ask(hosts=request.hosts), within=1))
        plan = Plan(moves=(), findings=())
        for ones, mode in ((gone.going, Mode.LIVE), (gone.off, Mode.OFFLINE)):
            beside = frozenset(self.bench.hosts) - frozenset(request.to or self.bench.hosts)
            closed, avoid = beside | frozenset(request.hosts), {}
            for one in ones:
                tried = request.avoid.get(one.guest.uuid, frozenset())
                avoid[one.guest.uuid] = closed | (
                    tried if frozenset(self.bench.hosts) - closed - tried else frozenset()
                )
            named = tuple(f"{one.source}/{one.guest.uuid}" for one in ones)
            part = self.propose(doors, MoveRequest(guests=named, mode=mode, avoid=avoid))
            going = {move.guest for move in part.moves}
            left = (one for one in ones if one.guest.uuid not in going)
            staying = (
                Staying(guest=one.guest.uuid, name=one.guest.name, host=one.source, fix="",
                        why=f"memory: no host takes {one.guest.name}", live=mode is Mode.LIVE)
                for one in left
            )  # fmt: skip
            plan = replace(plan, moves=(*plan.moves, *part.moves), staying=(*plan.staying, *staying))
        return replace(plan, staying=(*plan.staying, *gone.staying))

    def plan_returning(self, doors, request, now, *, soon=False):
        """Whose home is out of reach stays, as planning.homecoming says it; the others fit as `propose` says."""
        facts, plan = self.facts(Ask(hosts=tuple(doors.settings.hosts)), within=1), Plan(moves=(), findings=())
        for uuid, home in request.homes.items():
            place, name = place_of(uuid, facts), f"guest-{uuid[-2:]}"
            assert place is not None
            assert place[0] == now[uuid] != home
            why = "" if home in doors.settings.hosts else f"{home}, its home, is configured no longer"
            why = f"{home} does not answer" if home in self.silent else why
            stays = Staying(guest=uuid, name=name, host=place[0], fix="", why=why, live=place[1] is Mode.LIVE)
            plan = replace(plan, staying=(*plan.staying, stays)) if why else plan
        gone = {one.guest for one in plan.staying}
        ways = {uuid: (home, place_of(uuid, facts)[1]) for uuid, home in request.homes.items() if uuid not in gone}
        for home, mode in dict.fromkeys(ways.values()):
            named = [uuid for uuid in ways if ways[uuid] == (home, mode)]
            asked = tuple(f"{now[uuid]}/{uuid}" for uuid in named)
            opened = request.opened & {home}
            part = self.propose(doors, MoveRequest(guests=asked, to=home, mode=mode, uncordoned=opened))
            left = set(named) - {move.guest for move in part.moves}
            staying = (
                Staying(guest=uuid, name=f"guest-{uuid[-2:]}", host=now[uuid], fix="",
                        why=f"memory: no host takes guest-{uuid[-2:]}", live=mode is Mode.LIVE)
                for uuid in sorted(left)
            )  # fmt: skip
            plan = replace(plan, moves=(*plan.moves, *part.moves), staying=(*plan.staying, *staying))
        return plan

    def size(self, guest):
        return self.bench.world.guests[guest].memory.size

    def evacuate(self, *hosts, killer=None, stop=None, bounds=None, sinks=(), occasion=None, **request):
        """`ferry evacuate` in a process of its own."""
        doors = self.doors(killer)
        asked = EvacuationRequest(hosts=hosts or (A,), **request)
        holding = taken(doors, asked.hosts)
        fences = holding.__enter__()  # a process that is killed gives nothing back
        for run in orphans(doors):
            resume(doors, run.id, WHO, (), Stop(), unbegun=interrupted)
        plan = emptying.propose_emptying(doors, asked, soon=True)
        stop, bounds = stop or Stop(), bounds or Bounded()
        errand, _ = begin(doors, asked, WHO, bounds, fences, occasion)
        with recorded(doors, errand, fences, stop) as kept:
            close(kept, asked.hosts, WHO, "the test says so")
            told = evacuate(kept, asked, plan, WHO, sinks, stop, bounds=bounds, beside=fences)
        holding.__exit__(None, None, None)
        return told

    def resume(self, killer=None, stop=None, doors=None, unattended=False):
        """`ferry resume` in a process of its own."""
        return take_up(
            doors or self.doors(killer), WHO, (), stop or Stop(), lambda _roll, _entry: None, unattended=unattended
        )

    def restore(self, *names, killer=None, stop=None):
        """`ferry restore` in a process of its own."""
        doors = self.doors(killer)
        guests = who_is_away(doors, names)
        holding = taken(doors, [one.home for one in guests])
        fences = holding.__enter__()
        for run in orphans(doors):
            resume(doors, run.id, WHO, (), Stop(), unbegun=interrupted)
        guests = who_is_away(doors, names)
        way = way_home(doors, guests, homes_of(doors, names, guests), soon=True)
        told = restore(doors, guests, way, WHO, (), stop or Stop(), beside=fences)
        holding.__exit__(None, None, None)
        return told

    def street(self):
        """Eight guests on kvm01: two that keep apart, a busy one, one paused, one shut off, three plain ones."""
        guest = self.bench.guest
        self.apart = frozenset({guest(1), guest(2)})
        guest(3, dirty=20 * MIB, memory=512 * MIB)
        guest(4, power=Power.PAUSED)
        guest(5, power=Power.SHUT_OFF)
        for number in (6, 7, 8):
            guest(number)
        return self.bench.guest_ids


class Fatal(Killer):
    """Death at the first call of a door once `when` says so; nothing has an effect after it."""

    def __init__(self, when) -> None:
        super().__init__()
        self._when = when
        self.dead = False

    def guard(self, call):
        def guarded(*given, **named):
            if not self.dead and self._when():
                self.dead = True
                raise Killed
            return None if self.dead else call(*given, **named)

        return guarded


def killer(calls: int) -> Killer:
    """Death after so many calls of doors."""
    return Killer(after=frozenset({calls}))
