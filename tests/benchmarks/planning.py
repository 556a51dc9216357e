"""How long it takes to plan the evacuation of a host of a large site: `python -m tests.benchmarks.planning OUT.json`.

64 hosts with 8000 guests, a rule for every twentieth guest, on one core: seconds, peak memory, and that the plan places
everybody; the roll over all of them, reckoned through. Then 200 random evacuations of 10 to 125 guests: how far their
makespan is from the bound.
"""

import json
import random
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from orchestrator.evacuation.sequence import Leg, legs
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, HostFacts, PairFacts
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Affinity, Limits, Policy
from orchestrator.model.settings import Settings
from orchestrator.model.units import Bytes, BytesPerSecond
from orchestrator.planning.evacuate import plan_evacuation
from tests.unit.checks.builders import GIB, TODAY, guest, host, interface, link, settings, uuid

HOSTS, GUESTS = 64, 8000
RULES = 20  # one guest of so many is named by a rule
LEAST_SECONDS, LEAST_BYTES, LEAST_SHARE = 2.0, 2**30, 1.05
LEAST_ROLL_SECONDS = 60.0
INSTANCES = 200
MANY = 50  # from so many guests on the makespan is held against the bound


def site(names: list[HostName], rules: tuple[Affinity, ...], slots: int) -> Settings:
    """Hosts with ten gigabits between them."""
    entries = {
        name: HostEntry(
            name=name,
            uri=f"qemu+ssh://root@{name}/system",
            peer_uri=f"qemu+tls://{name}.lan/system",
            ssh=f"root@{name}",
            addresses={"migration": f"10.0.2.{number}"},
        )
        for number, name in enumerate(names, start=1)
    }
    limits = Limits(live=slots)
    policy = Policy(name="large", memory_reserve=Bytes(GIB), affinity=rules, limits=limits)
    made = settings(hosts=entries, policy=policy)
    network = replace(made.networks["migration"], capacity=BytesPerSecond(1_250_000_000))
    return replace(made, networks={"migration": network})


def world(names: list[HostName], guests: dict[HostName, list[Guest]], free: dict[HostName, int]) -> Facts:
    """All hosts, and the ways of the guests of the first one."""
    addresses = tuple(f"10.0.2.{number}" for number in range(1, len(names) + 1))
    cards = (interface("br0", kind="bridge"), interface("eth1", addresses=addresses, speed_mbit=10_000, duplex="full"))
    hosts: dict[HostName, HostFacts] = {
        name: host(name, *guests[name], memory_total_bytes=512 * GIB, memory_free_bytes=free[name], interfaces=cards)
        for name in names
    }
    here, others = names[0], names[1:]
    ways = [(here, to) for to in others] + [(to, here) for to in others]
    yes = CpuAnswer(offered=True)
    return Facts(
        hosts=hosts,
        links={(a, b, "migration"): link(a, b) for a, b in ways},
        pairs={
            (one.uuid, to): PairFacts(guest=one.uuid, source=here, destination=to, cpu=yes, cpu_back=yes, paths=())
            for one in guests[here]
            for to in others
        },
    )


def large(seed: int) -> tuple[Settings, Facts]:
    """The site of 64 hosts."""
    chance = random.Random(seed)
    names = [HostName(f"kvm{number:02}") for number in range(1, HOSTS + 1)]
    guests: dict[HostName, list[Guest]] = {name: [] for name in names}
    for number in range(GUESTS):
        size = chance.choice([1, 1, 2, 2, 4, 8])
        one = guest(f"g{number:04}", uuid=uuid(number), memory_bytes=size * GIB, vcpus=chance.choice([1, 2, 4]))
        guests[names[number % HOSTS]].append(one)
    rules = tuple(
        Affinity(apart=(f"g{number:04}", f"g{chance.randrange(GUESTS):04}"), hard=number % 3 != 0)
        if number % 2
        else Affinity(together=(f"g{number:04}", f"g{(number + HOSTS) % GUESTS:04}"), hard=number % 4 == 0)
        for number in range(0, GUESTS, RULES)
    )
    free = {name: chance.randrange(12, 40) * GIB for name in names}
    return site(names, rules, 4), world(names, guests, free)


def small(seed: int) -> tuple[Settings, Facts]:
    """A random host to empty, and room for its guests."""
    chance = random.Random(seed)
    names = [HostName(f"kvm{number:02}") for number in range(1, chance.randrange(3, 10))]
    leaving = [
        guest(f"g{number:03}", uuid=uuid(number), memory_bytes=chance.randrange(1, 17) * GIB)
        for number in range(chance.randrange(10, 126))
    ]
    need = sum(one.memory_bytes for one in leaving)
    free = {name: int(need / (len(names) - 1) * chance.uniform(1.1, 1.6)) + 24 * GIB for name in names}
    guests = {name: leaving if name == names[0] else [] for name in names}
    return site(names, (), chance.choice([1, 2, 4])), world(names, guests, free)


def timed(given: Settings, facts: Facts) -> tuple[Plan, float]:
    """A plan and the processor seconds that it took."""
    request = EvacuationRequest(hosts=(next(iter(given.hosts)),))
    began = time.process_time()
    plan = plan_evacuation(request, given, facts, TODAY)
    return plan, time.process_time() - began


def rolled(given: Settings, facts: Facts) -> tuple[tuple[Leg, ...], float]:
    """Every host of the site, one after the other, without a way home between; and the processor seconds of that."""
    began = time.process_time()
    found = legs(tuple(given.hosts), facts, reserve=int(given.policy.memory_reserve), restore=False)
    return found, time.process_time() - began


def main(out: Path) -> int:
    """Run, print, write; 1 where a figure is missed."""
    given, facts = large(1)
    here = next(iter(given.hosts))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plan, seconds = timed(given, facts)
    again, _ = timed(given, facts)
    sequence, roll_seconds = rolled(given, facts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    leaving = len(facts.answering()[here].guests)
    found: dict[str, object] = {
        "guests to move": leaving,
        "moves": len(plan.moves),
        "staying": len(plan.staying),
        "seconds": round(seconds, 2),
        "peak bytes": peak,
        "peak bytes before": before * 1024,
        "the same again": plan == again,
        "hosts of the roll": len(sequence),
        "seconds of the roll": round(roll_seconds, 2),
        "hosts of it that cannot be emptied": sum(bool(leg.left) for leg in sequence),
    }
    shares: list[float] = []
    slowest, left = 0.0, 0
    for seed in range(INSTANCES):
        plan, took = timed(*small(seed))
        slowest, left = max(slowest, took), left + len(plan.staying)
        if len(plan.moves) >= MANY and plan.bound_seconds and plan.forecast_seconds:
            shares.append(plan.forecast_seconds / plan.bound_seconds)
    found |= {
        "random evacuations": INSTANCES,
        f"of them with {MANY} moves or more": len(shares),
        "makespan against the bound, worst": round(max(shares), 4),
        "makespan against the bound, mean": round(sum(shares) / len(shares), 4),
        "left without a place": left,
        "slowest seconds": round(slowest, 2),
    }
    quick = seconds < LEAST_SECONDS and roll_seconds < LEAST_ROLL_SECONDS
    good = quick and peak < LEAST_BYTES and max(shares) <= LEAST_SHARE and again.moves != ()
    for name, value in found.items():
        print(f"{name:36} {value}")
    out.write_text(json.dumps({"planning": found, "met": good}, indent=2) + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
