"""ferry over a world in which a migration lasts until it is stopped; --reason chooses how it misbehaves."""

import os
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

from orchestrator import wiring
from orchestrator.cli import moving, running
from orchestrator.cli.boundary import leave, run
from orchestrator.cli.commands import migrate
from orchestrator.operations import retry
from tests.screens import world

reasons: list[str] = []


def who(_settings, _argv, reason):
    reasons.append(reason or "")
    return world.WHO


def apply(_doors, _plan, _who, sinks, stop, **_more):
    if "hanging" in reasons:
        threading.Thread(target=time.sleep, args=(600,)).start()
    Path(os.environ["STARTED"]).touch()
    while stop.level == 0 or "stubborn" in reasons:
        time.sleep(0.02)
    because = f"stopped at level {int(stop.level)} by {stop.by}"
    return world.done(world.kept("web-01", 1, code="migration.cancelled", because=because), code=130)


wiring.load_settings = lambda _config: world.SETTINGS
wiring.real = lambda settings: SimpleNamespace(settings=settings, turn=nullcontext)
wiring.who = who
running.orphans = lambda _doors: ()
migrate.get_ready = lambda _doors, _request: None
moving.demand_free = lambda _doors, _hosts: None
moving.propose = lambda _doors, _request, **_more: world.PLAN
retry.apply = apply

leave(run(sys.argv[1:]))
