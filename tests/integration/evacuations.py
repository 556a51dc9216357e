"""A host of the lab that is emptied and filled again: how ferry is asked for it, and what holds afterwards."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.integration.stores import FLOOR, SqliteStore, configured
from tests.lab.protocol import Lab, Result

HOST = "kvm01"
PATIENCE = 300.0
# A definition leaves like any guest. Two are rather not on one host: at home they are, where a hard rule would not let
# both return.
POLICY = f"""\
limits: {{live: 2, floor: {FLOOR}}}
affinity: [{{apart: ["apart-*"], hard: false}}]
evacuation: {{shut_off: move, back_off: 2s}}
"""
Places = Mapping[str, Mapping[str, str]]


def site(lab: Lab, directory: Path, policy: str = POLICY, **settings: Any) -> dict[str, str]:
    """The environment of a ferry with a store of its own."""
    directory.mkdir(exist_ok=True)
    return configured(lab, directory, policy, store=SqliteStore(directory / "ferry.db"), **settings)


def evacuate(lab: Lab, env: Mapping[str, str], *more: str) -> Result:
    """`ferry evacuate kvm01 … --yes` with its answer as JSON."""
    return lab.ferry("-o", "json", "evacuate", HOST, *more, "--yes", env=env, timeout=PATIENCE)


def restore(lab: Lab, env: Mapping[str, str], *more: str) -> Result:
    """`ferry restore kvm01 … --yes` with its answer as JSON."""
    return lab.ferry("-o", "json", "restore", HOST, *more, "--yes", env=env, timeout=PATIENCE)


def told(result: Result, code: int = 0) -> Mapping[str, Any]:
    """What ferry evacuate or ferry restore has answered, with `empty` and `summary` among it; its code is this one."""
    assert result.returncode == code, result
    answer = json.loads(result.stdout)
    inner = answer.get("evacuation") or answer["restore"]
    return {**inner, **{key: answer[key] for key in ("empty", "summary") if key in answer}}


def moves(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All moves of all runs, oldest first."""
    return [move for run in answer["runs"] for move in run["moves"]]


def whereabouts(lab: Lab, guests: Iterable[str]) -> dict[str, dict[str, str]]:
    """Guest → host → state, wherever a host knows it."""
    found: dict[str, dict[str, str]] = {name: {} for name in guests}
    for host, seen in lab.guests_everywhere().items():
        for guest in seen:
            if guest.name in found:
                found[guest.name][host] = guest.state
    return found


def misplaced(where: Places, states: Mapping[str, str], *, home: bool) -> list[str]:
    """What is wrong: each guest has to be at one host exactly, in its state, at kvm01 if `home`, otherwise elsewhere.
    states: guest → state in which it was and has to stay."""
    found = []
    for name, state in states.items():
        places = where.get(name, {})
        good = list(places.values()) == [state] and (HOST in places) is home
        if not good:
            wanted = f"{state} at {HOST} alone" if home else f"{state} at one other host alone"
            found.append(f"{name} is {_said(places)}, not {wanted}")
    return found


def together(where: Places, guests: Iterable[str]) -> list[str]:
    """Which of these, that are to be apart, are on one host."""
    at: dict[str, list[str]] = {}
    for name in guests:
        for host in where.get(name, {}):
            at.setdefault(host, []).append(name)
    return [f"{' and '.join(names)} are both at {host}" for host, names in at.items() if len(names) > 1]


def _said(places: Mapping[str, str]) -> str:
    return " and ".join(f"{state} at {host}" for host, state in places.items()) or "nowhere"
