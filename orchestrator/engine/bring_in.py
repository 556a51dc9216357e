"""Entries that were written while the store was away get their place and their numbers in its journal."""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import takewhile

from orchestrator.model.entry import Seq
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.model.spilled import Spilled, answers, renumbered, too_late
from orchestrator.ports import Spill, Store

_log = logging.getLogger(__name__)


def bring_in(store: Store, run: RunId, spilled: Sequence[Spilled], fence: Fence) -> dict[Seq, Seq]:
    """Import them in order, none twice; answers their numbers by the provisional ones.

    What answers to one of them is written after that one has its number. Raises store.unavailable, store.fence-lost;
    to do it again is no harm.
    """
    numbers: dict[Seq, Seq] = {}
    rest = tuple(spilled)
    while rest:
        ready = tuple(takewhile(partial(_answerable, numbers), rest))
        found = store.import_spilled(run, [(one.at, renumbered(one.entry, numbers)) for one in ready], fence=fence)
        numbers |= {one.number: seq for one, seq in zip(ready, found, strict=True)}
        rest = rest[len(ready) :]
    return numbers


def _answerable(numbers: Mapping[Seq, Seq], one: Spilled) -> bool:
    to = answers(one.entry)
    return to is None or to > 0 or to in numbers


def bring_in_left(store: Store, spill: Spill, fence: Fence) -> None:
    """Import what processes that drove this run before have left on this machine.

    Where another process has adopted the run meanwhile, their entries are older than its own and would undo them: they
    are set aside and the log says where. Raises store.unavailable, store.fence-lost, store.corrupt.
    """
    run = RunId(fence.name)
    for left in spill.waiting():
        if left.name != fence.name or left.number >= fence.number:
            continue
        spilled = spill.read(left)
        if too_late(spilled, store.entries(run)):
            place = spill.set_aside(left)
            _log.warning("run %s was taken over before these entries could be imported; they are kept: %s", run, place)
            continue
        bring_in(store, run, spilled, fence)
        spill.drop(left)
