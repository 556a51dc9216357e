"""A host of eight guests is emptied to three others: by ferry, by virsh one at a time, by virsh all at once.

    .venv/bin/python -m tests.benchmarks.evacuation [--lab NAME] FILE

As root, in a lab of its own (or in that of --lab, if it is up); about twelve minutes. Two of the guests must be apart,
one rewrites 50 MB/s, one is paused, one shut off, one has a medium in its drive that only its host has: the plan says
that it would stay, and it leaves once what the plan advises is done. Between the ways all come home, the first time by
ferry restore. Prints a table, writes JSON, and answers 0 only if the judge (emptying.py) has no complaint: wall time
at most 1.15 times the bytes of ferry's own moves over the share of the link, or their longest. That virsh is told where
each guest is to go is what ferry found out; it slows the busy one, and pauses it where that does not help.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from ruamel.yaml import YAML

from tests.benchmarks.emptying import Crossing, Expected, Verdict, Way, judge
from tests.benchmarks.lab_as_found import lab_as_found, lab_parser
from tests.benchmarks.slots import most
from tests.integration.evacuations import HOST, POLICY, evacuate, moves, restore, site, told, whereabouts
from tests.integration.faults_of_guests import CDROM, MAKE_ISO
from tests.integration.moves import until
from tests.integration.traffic import Watch
from tests.lab import definition, host_shell
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.topology import Guest, Workload

LINK, LIMIT = "100mbit", 2
LINK_BYTES = 100e6 / 8 * 1448 / 1514  # what Ethernet, IP and TCP leave of the link for memory
# With a look inside its memory ferry knows of the busy one before the copy that its changes are small.
SOFT = POLICY + "convergence: {look_inside: true}\n"
HARD = SOFT.replace(", hard: false", "")
APART = ("apart-1", "apart-2")
BUSY, WITH_DISC = "busy", "with-disc"
STATES = {
    **dict.fromkeys((*APART, BUSY, WITH_DISC, "plain-1", "plain-2"), "running"),
    "asleep": "paused",
    "defined": "shut off",
}
_TOLD, _CHECKED = "AT progress=", "OK "
# Noise that nobody changes, looked at as seldom as a few processor cycles ask for.
_IDLE = Workload(size=180, rate=0, kind="incompressible", pass_seconds=60, report_seconds=5)
_WRITES = Workload(size=64, rate=50, kind="small", pass_seconds=60, report_seconds=5)
_HERTZ = 5.0
_ANSWER = 600.0
_LIVE = ("--live", "--auto-converge", "--timeout", "150", "--timeout-suspend")


def residents() -> list[Guest]:
    """The eight."""
    made = [Guest(name, HOST, 101 + number, memory_mib=256, workload=_IDLE) for number, name in enumerate(STATES)]
    return [replace(one, memory_mib=288, workload=_WRITES) if one.name == BUSY else one for one in made]


def prepared(lab: NamespaceLab) -> None:
    """Every guest at home, in its state, with its memory full."""
    MAKE_ISO(lab)
    guests = residents()
    for pair in zip(guests[::2], guests[1::2], strict=True):  # two processors boot two guests in the time of one
        for guest in pair:
            text = definition.xml(guest, lab.topology.networks["guest"])
            lab.start_guest(guest, definition=CDROM(text) if guest.name == WITH_DISC else text)
        for guest in pair:
            until(lambda name=guest.name: _TOLD in lab.guest_console(name), "its memory is full", timeout=120)
    lab.run(HOST, ["virsh", "-q", "suspend", "asleep"]).checked()
    lab.run(HOST, ["virsh", "-q", "destroy", "defined"]).checked()


def environment(lab: NamespaceLab, directory: Path, policy: str, carries: str) -> dict[str, str]:
    """ferry, told what the link carries; always the same store."""
    networks = YAML(typ="safe").load(lab.ferry_config.read_text())["networks"]
    networks["migration"]["capacity"] = carries
    return site(lab, directory, policy, networks=networks)


def without_disc(lab: NamespaceLab, env: Mapping[str, str]) -> None:
    """What the plan says of the guest with the medium, and what it advises; then nobody stays."""
    looked = lab.ferry("-o", "json", "evacuate", HOST, "--dry-run", env=env, timeout=_ANSWER)
    staying = json.loads(looked.stdout)["plan"]["staying"]
    assert [one["name"] for one in staying] == [WITH_DISC], looked
    print(f"planned: {WITH_DISC} would stay: {staying[0]['why']}", flush=True)
    to = ("check", f"{HOST}/{WITH_DISC}", "--to", "kvm02")
    lab.ferry(*to, "--fix", "local-media", "--yes", env=env, timeout=_ANSWER).checked()


def by_ferry(lab: NamespaceLab, env: Mapping[str, str]) -> Way:
    """ferry evacuate, as an operator would call it."""
    with Watch(lab, _HERTZ) as watch:
        sent, begun = _sent(lab), time.monotonic()
        result = evacuate(lab, env)
        seconds, passed = time.monotonic() - begun, _sent(lab) - sent
    print(result.stderr, file=sys.stderr, flush=True)
    answer = json.loads(result.stdout)["evacuation"]
    crossings = tuple(_crossing(move) for move in moves(answer))
    at_host, _ = most(watch.moments())
    where = whereabouts(lab, STATES)
    return Way("ferry evacuate", seconds, (result.returncode,), passed, at_host, where, crossings)


def _crossing(move: Mapping[str, Mapping[str, object]]) -> Crossing:
    planned, outcome = move["move"], move["outcome"]
    transport = planned["transport"]
    assert isinstance(transport, Mapping)
    return Crossing(
        guest=str(planned["name"]),
        destination=str(planned["destination"]),
        seconds=float(str(outcome["duration_ms"] or 0)) / 1000,
        sent=outcome["transferred_bytes"],  # type: ignore[arg-type]
        downtime_ms=outcome["downtime_ms"],  # type: ignore[arg-type]
        offline=transport["mode"] == "offline",
    )


def by_virsh(lab: NamespaceLab, ways: Mapping[str, str], *, at_once: bool) -> Way:
    """The same guests to the same hosts. ways: guest → destination."""
    codes = []
    with Watch(lab, _HERTZ) as watch, ExitStack() as stack:
        sent, begun = _sent(lab), time.monotonic()
        if at_once:
            going = [stack.enter_context(_spawned(lab, name, HOST, to)) for name, to in ways.items()]
            codes = [process.wait(_ANSWER) for process in going]
        else:
            for name, to in ways.items():
                codes.append(stack.enter_context(_spawned(lab, name, HOST, to)).wait(_ANSWER))
        seconds, passed = time.monotonic() - begun, _sent(lab) - sent
    at_host, _ = most(watch.moments())
    name = "virsh, all at once" if at_once else "virsh, one at a time"
    return Way(name, seconds, tuple(codes), passed, at_host, whereabouts(lab, STATES))


def _spawned(lab: NamespaceLab, name: str, source: str, to: str) -> "subprocess.Popen[bytes]":
    how = ("--offline",) if STATES[name] == "shut off" else _LIVE
    uri = f"tcp://{lab.topology.address(to, 'migration')}"
    where = ("--persistent", "--undefinesource", "--migrateuri", uri, f"qemu+tls://{to}/system")
    if "--offline" in how:
        where = ("--persistent", "--undefinesource", f"qemu+tls://{to}/system")
    command = ["virsh", "-q", "migrate", "--p2p", *how, name, *where]
    return subprocess.Popen(host_shell.enter(lab.place, source, command), stdin=subprocess.DEVNULL)


def _home_by_virsh(lab: NamespaceLab) -> None:
    """Back to where they were, all at once; nothing of it is measured."""
    with ExitStack() as stack:
        here = {name: next(iter(where)) for name, where in whereabouts(lab, STATES).items()}
        away = [stack.enter_context(_spawned(lab, name, at, HOST)) for name, at in here.items() if at != HOST]
        for process in away:
            process.wait(_ANSWER)


def _sent(lab: NamespaceLab) -> int:
    """Bytes that have left the host's migration interface."""
    device = lab.topology.networks["migration"].interface
    return int(lab.run(HOST, ["cat", f"/sys/class/net/{device}/statistics/tx_bytes"]).checked().stdout)


def _shaped(lab: NamespaceLab, rate: str) -> None:
    for host in lab.hosts():
        lab.link(host, "migration", rate=rate)


def _corrupt(lab: NamespaceLab) -> list[str]:
    """Guests that have found their memory changed, each after all of it was looked at once more."""
    lab.run(HOST, ["virsh", "-q", "resume", "asleep"]).checked()
    live = [name for name, state in STATES.items() if state != "shut off"]
    # The check that goes on, and a whole one.
    wanted = {name: lab.guest_console(name).count(_CHECKED) + 2 for name in live}
    bad = []
    for name in live:
        try:
            until(lambda name=name: lab.guest_console(name).count(_CHECKED) >= wanted[name], "it looked", timeout=240)
        except AssertionError:
            bad.append(name)
    return sorted({*bad, *(name for name in live if "CORRUPT" in lab.guest_console(name))})


def measured(lab: NamespaceLab, directory: Path) -> tuple[list[Way], Verdict]:
    """All three ways and what is to be said of them."""
    env = environment(lab, directory, HARD, "100Mbit/s")
    without_disc(lab, env)
    _shaped(lab, LINK)
    ours = by_ferry(lab, env)
    print(table([ours]), flush=True)
    _shaped(lab, "none")
    told(restore(lab, environment(lab, directory, SOFT, "10Gbit/s")))  # at home the two were together
    home = whereabouts(lab, STATES)
    ways = {one.guest: one.destination for one in ours.crossings}
    others = []
    for at_once in (False, True):
        _shaped(lab, LINK)
        others.append(by_virsh(lab, ways, at_once=at_once))
        print(table([others[-1]]), flush=True)
        _shaped(lab, "none")
        _home_by_virsh(lab)
    expected = Expected(STATES, APART, LIMIT, LINK_BYTES)
    verdict = judge(expected, ours, others, home, _corrupt(lab))
    return [ours, *others], verdict


def table(ways: Sequence[Way]) -> str:
    """One line a way, and one for each move of ferry's own."""
    lines = []
    for way in ways:
        lines.append(
            f"{way.name:22} {way.seconds:7.1f} s  {way.passed / 1e6:7.0f} MB  at most {way.most.get(HOST, 0)} at once"
        )
        lines += [
            f"    {one.guest:10} {one.destination}  {one.seconds:6.1f} s  {(one.sent or 0) / 1e6:6.0f} MB  "
            f"down {one.downtime_ms if one.downtime_ms is not None else '-'} ms"
            for one in way.crossings
        ]
    return "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Eight guests, three ways; 0 when nothing is wrong."""
    parser = lab_parser(__doc__, "evacuation")
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args(words)
    with ExitStack() as stack:
        lab = stack.enter_context(lab_as_found(chosen.lab))
        stack.callback(lambda: [lab.destroy_guest(name) for name in STATES])
        stack.callback(lab.mend)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        prepared(lab)
        ways, verdict = measured(lab, directory / "site")
    plain = {"ways": [asdict(way) for way in ways], "verdict": asdict(verdict)}
    chosen.file.write_text(json.dumps(plain, indent=2) + "\n")
    print(table(ways))
    print(f"bound {verdict.bound:.1f} s, ferry {verdict.ratio:.3f} times that")
    print("\n".join(f"{name}: {ratio:.2f} times as long" for name, ratio in verdict.compared.items()))
    print("\n".join(f"BAD: {one}" for one in verdict.complaints))
    return 1 if verdict.complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
