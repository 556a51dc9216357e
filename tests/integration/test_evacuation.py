"""Hosts are emptied in the lab, and filled again: every guest once, in its state, by the rules."""

import json
from pathlib import Path

import pytest

from tests.integration.evacuation_deaths import Death, Then, residents, settle, try_out
from tests.integration.evacuations import (
    HOST,
    POLICY,
    evacuate,
    misplaced,
    moves,
    restore,
    site,
    together,
    told,
    whereabouts,
)
from tests.integration.faults_of_guests import CDROM, MAKE_ISO
from tests.integration.moves import copying, guest, intact, until, virsh_migrate
from tests.lab import definition
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

pytestmark = pytest.mark.lab

_SMALL = Workload(size=8, rate=0)
_RUNS = "running"


def started(lab: Lab, *names: str, memory_mib: int = 96, disc: bool = False, **more: object) -> list[Guest]:
    """Guests of kvm01, which have checked their memory."""
    made = [guest(name, HOST, memory_mib=memory_mib, workload=_SMALL, **more) for name in names]
    for one in made:
        text = definition.xml(one, lab.topology.networks["guest"])
        lab.start_guest(one, definition=CDROM(text) if disc else text)
    for one in made:
        lab.wait_for_guest(one.name)
    return made


def test_a_host_becomes_empty_and_every_guest_comes_home(lab: Lab, tmp_path: Path) -> None:
    guests = residents()
    settle(lab, guests)
    states = {one.name: state for one, state in guests.items()}
    env = site(lab, tmp_path / "c")
    answer = told(evacuate(lab, env, "--reason", "a kernel"))
    assert (answer["empty"], answer["summary"]) == (True, "kvm01 is empty: 5 guests moved")
    where = whereabouts(lab, states)
    assert misplaced(where, states, home=False) == []
    assert together(where, ("apart-1", "apart-2")) == []

    refused = lab.ferry("migrate", "third", "--to", HOST, "--yes", env=env)
    assert refused.returncode == 4, refused
    assert "cordoned" in refused.stdout and "a kernel" in refused.stdout, refused
    again = told(evacuate(lab, env))
    assert (again["empty"], again["runs"]) == (True, [])

    back = told(restore(lab, env))
    assert (back["summary"], back["uncordoned"]) == ("kvm01: all 5 guests are home", [HOST])
    assert misplaced(whereabouts(lab, states), states, home=True) == []
    for name, state in states.items():
        if state == _RUNS:
            intact(lab, name)
    assert told(restore(lab, env))["summary"] == "no guest is away"


def test_who_cannot_leave_is_left_and_said(lab: Lab, tmp_path: Path) -> None:
    MAKE_ISO(lab)
    started(lab, "with-disc", disc=True)
    started(lab, "plain")
    env = site(lab, tmp_path / "c")
    looked = lab.ferry("evacuate", HOST, "--dry-run", env=env)
    assert looked.returncode == 5, looked
    loud = lab.ferry("evacuate", HOST, "--yes", env=env)
    assert loud.returncode == 1, loud
    assert "kvm01 NOT empty" in loud.stdout
    for word in ("with-disc", "/srv/local/cd.iso", "change-media", "--eject"):
        assert word in loud.stdout, loud
    where = whereabouts(lab, ("with-disc", "plain"))
    assert where["with-disc"] == {HOST: _RUNS}
    assert misplaced(where, {"plain": _RUNS}, home=False) == []

    lab.ferry("check", "with-disc", "--to", "kvm02", "--fix", "local-media", "--yes", env=env).checked()
    assert told(evacuate(lab, env))["empty"]
    assert misplaced(whereabouts(lab, ("with-disc",)), {"with-disc": _RUNS}, home=False) == []


def test_a_kept_plan_is_refused_when_the_world_has_drifted(lab: Lab, tmp_path: Path) -> None:
    started(lab, "strayed", "stayed")
    env = site(lab, tmp_path / "c")
    keep = ("evacuate", HOST, "--to", "kvm03", "--to", "kvm04", "--dry-run", "--save", "friday")
    lab.ferry(*keep, env=env).checked()
    lab.ferry("apply", "friday", "--dry-run", env=env).checked()
    lab.run(HOST, virsh_migrate(lab, "strayed")).checked()
    refused = lab.ferry("apply", "friday", "--yes", env=env)
    assert refused.returncode == 5, refused
    said = " ".join(refused.stderr.replace("│", " ").split())
    assert "planned: strayed is running on kvm01; now: strayed is not on kvm01 any more" in said
    assert whereabouts(lab, ("strayed", "stayed")) == {"strayed": {"kvm02": _RUNS}, "stayed": {HOST: _RUNS}}
    hosts = json.loads(lab.ferry("-o", "json", "hosts", env=env).checked().stdout)
    assert hosts["cordons"] == [], "what is refused changes nothing"

    lab.ferry(*keep, env=env).checked()
    lab.ferry("apply", "friday", "--yes", env=env, timeout=200).checked()
    assert misplaced(whereabouts(lab, ("stayed",)), {"stayed": _RUNS}, home=False) == []


def test_what_fills_up_meanwhile_is_planned_around(lab: Lab, tmp_path: Path) -> None:
    first, second = started(lab, "first", memory_mib=160), started(lab, "second")
    names = [one.name for one in (*first, *second)]
    env = site(lab, tmp_path / "c", POLICY.replace("live: 2", "live: 1") + "prefer: [kvm02]\n")
    planned = json.loads(lab.ferry("-o", "json", "evacuate", HOST, "--dry-run", env=env).checked().stdout)
    assert [move["destination"] for move in planned["plan"]["moves"]] == ["kvm02", "kvm02"]
    lab.link(HOST, "migration", rate="4mbit")
    process = lab.spawn_ferry("-o", "json", "evacuate", HOST, "--yes", env=env)
    until(lambda: any(copying(lab, HOST, name) for name in names), "the first copy shows", timeout=60)
    lab.pretend_free_memory("kvm02", 300)
    lab.link(HOST, "migration", rate="none")
    said, complaint = process.communicate(timeout=200)
    assert process.returncode == 0, complaint
    where = whereabouts(lab, names)
    assert misplaced(where, dict.fromkeys(names, _RUNS), home=False) == []
    outcomes = [move["outcome"]["code"] for move in moves(json.loads(said)["evacuation"])]
    assert outcomes == [None, "migration.drifted", None]
    assert sorted("kvm02" in places for places in where.values()) == [False, True]

    lab.pretend_free_memory(HOST, 256 + 128 + 96 + 30)  # the reserve, and what the smaller one takes
    partly = told(restore(lab, env), code=1)
    assert partly["summary"] == "kvm01: 1 of 2 guests are home, NOT first"
    (away,) = partly["staying"]
    assert "first needs" in away["why"] and "(memory)" in away["why"]
    lab.pretend_free_memory(HOST, None)
    assert told(restore(lab, env))["summary"] == "kvm01: the guest that left is home"
    assert misplaced(whereabouts(lab, names), dict.fromkeys(names, _RUNS), home=True) == []


@pytest.mark.timeout(600)  # only a busy machine needs as much
@pytest.mark.parametrize(("after", "then"), [(9.0, Then.EVACUATE), (11.0, Then.RESUME), (13.0, Then.CRON)])
def test_killed_and_asked_again_it_becomes_empty_all_the_same(
    lab: Lab, tmp_path: Path, after: float, then: Then
) -> None:
    guests = residents()
    settle(lab, guests)
    states = {one.name: state for one, state in guests.items()}
    ending = try_out(lab, Death(after=after, then=then), states, tmp_path / "c")
    print(ending)
    assert ending.struck and ending.wrong == (), ending
