"""One measured move: the guest of a cell goes over the link of that cell as a strategy has it, and comes back."""

import subprocess
import time
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from orchestrator.model.command import BeginMove, Cancel
from orchestrator.model.entry import Ended, Entry, Intent, Recorded, Seen
from orchestrator.model.move import State
from orchestrator.model.transport import Transport
from orchestrator.store import SqlStore
from tests.benchmarks.cells import Cell
from tests.benchmarks.result import Result
from tests.benchmarks.strategies import CUT_SECONDS, Strategy
from tests.benchmarks.watching import Watching
from tests.integration.moves import until
from tests.lab.protocol import Lab

_BEFORE = 2.0  # seconds in which the guest's ordinary pace is measured
_GRACE = 60.0  # that ferry may take longer than the cut
_BLOCKED = 4  # ferry's exit code where the policy cannot be met, for example on hosts without what it asks for
_FEWEST = 2  # moments that make a duration
_SAID = 400  # characters of what ferry complained of
_LEVERS = ("set-bandwidth", "set-downtime-limit", "start-postcopy", "suspend")


class Bench:
    """The lab with a guest in it."""

    def __init__(self, lab: Lab, cell: Cell, cut_seconds: float = CUT_SECONDS) -> None:
        self._lab = lab
        self._cell = cell
        self._cut = cut_seconds

    def prepare(self) -> None:
        """A fresh guest at the source."""
        name = self._cell.guest.name
        self._lab.destroy_guest(name)
        self._lab.start_guest(self._cell.guest)
        until(lambda: "AT progress=" in self._lab.guest_console(name), "the guest works", timeout=60)

    def measure(self, strategy: Strategy, *, consent: bool, number: int) -> Result:
        """Answers also where the move did not end; afterwards the guest is at the source again."""
        self._bring_home()
        for host in self._cell.hosts:
            self._lab.link(host, "migration", rate="none" if self._cell.link == "unshaped" else self._cell.link)
        store = self._configure(strategy, consent=consent)
        known = {run.id for run in SqlStore(store).runs()}
        with Watching(self._lab, self._cell.guest.name) as watching:
            time.sleep(_BEFORE + 0.5)
            begun = time.monotonic()
            code, why = self._ferry()
            ended = time.monotonic()
            time.sleep(0.5)  # for what the guest tells of the last moment
        before = watching.work(begun - _BEFORE, begun)
        entries = _entries(store, known)
        if not entries and code != _BLOCKED:
            raise AssertionError(f"{self._cell.name}, {strategy.name}: ferry began nothing: {why}")
        return _result(
            entries,
            cell=self._cell.name,
            strategy=strategy.name,
            consent=consent,
            round=number,
            process=round(ended - begun, 3),
            work_share=_share(watching, entries, begun, before),
            rate=round(watching.written(begun - _BEFORE, begun), 1),
            why=why,
        )

    def _ferry(self) -> tuple[int, str]:
        """Its exit code, and what it complained of."""
        source, destination = self._cell.hosts
        words = ("migrate", f"{source}/{self._cell.guest.name}", "--to", destination, "--yes")
        env = {"FERRY_CONFIG": str(self._config)}
        try:
            done = self._lab.ferry(*words, env=env, timeout=self._cut + _GRACE)
        except subprocess.TimeoutExpired:
            self._lab.run(source, ["virsh", "domjobabort", self._cell.guest.name])
            self._lab.ferry("resume", env=env, timeout=_GRACE)
            return 1, f"ferry did not end within {self._cut + _GRACE:g} s"
        said = " ".join(done.stderr.split())[-_SAID:]
        return done.returncode, f"exit {done.returncode}: {said}" if done.returncode else ""

    def _configure(self, strategy: Strategy, *, consent: bool) -> str:
        """Writes policy and configuration; answers the store. What ferry learns of a link is not that of another one,
        and each strategy learns for itself."""
        policy = self._lab.ferry_config.with_name(f"{strategy.name_of_policy(consent=consent)}.yaml")
        policy.write_text(strategy.document(consent=consent, cut_seconds=self._cut))
        name = f"benchmark-{self._cell.link}-{'-'.join(self._cell.hosts)}-{strategy.name}.db"
        store = f"sqlite:///{self._lab.ferry_config.with_name(name)}"
        document = YAML(typ="safe").load(self._lab.ferry_config.read_text())
        stream = StringIO()
        YAML().dump({**document, "policy": str(policy), "store": store}, stream)
        self._config.write_text(stream.getvalue())
        return store

    @property
    def _config(self) -> Path:
        return self._lab.ferry_config.with_name("benchmark.yaml")

    def _bring_home(self) -> None:
        """By virsh, over an open link, and paused if it takes longer than two seconds: quickly is all that counts."""
        name, (source, destination) = self._cell.guest.name, self._cell.hosts
        places = self._places()
        if places == {source: "running"}:
            return
        if places != {destination: "running"}:
            self.prepare()
            return
        self._lab.link(destination, "migration", rate="none")
        address = self._lab.topology.address(source, "migration")
        done = self._lab.run(destination, [
            "virsh", "-c", "qemu:///system", "migrate", "--live", "--p2p", "--persistent", "--undefinesource",
            "--timeout", "2", "--timeout-suspend", "--migrateuri", f"tcp://{address}", name,
            f"qemu+tls://{source}/system",
        ], timeout=120)  # fmt: skip
        if done.returncode or self._places() != {source: "running"}:
            self.prepare()

    def _places(self) -> dict[str, str]:
        name = self._cell.guest.name
        every = self._lab.guests_everywhere().items()
        return {host: guest.state for host, guests in every for guest in guests if guest.name == name}


def _entries(store: str, known: set[str]) -> Sequence[Recorded]:
    """The journal of the run that is not known yet; empty where none has begun."""
    opened = SqlStore(store)
    new = [run.id for run in opened.runs() if run.id not in known]
    return opened.entries(new[0]) if new else ()


def _share(watching: Watching, entries: Sequence[Recorded], begun: float, before: float) -> float | None:
    """What the guest got done from the first state of the move to its verdict, of what it did before in that time."""
    moments = [found.at.timestamp() for found in entries if isinstance(found.entry, Seen | Ended)]
    if len(moments) < _FEWEST or not before:
        return None
    to_ticks = time.monotonic() - time.time()
    return round(watching.work(max(begun, moments[0] + to_ticks), moments[-1] + to_ticks) / before, 3)


def _result(entries: Sequence[Recorded], *, why: str, **measured: Any) -> Result:
    outcome = next((found.entry.outcome for found in entries if isinstance(found.entry, Ended)), None)
    measuring, preparing = _first(entries, State.MEASURING), _first(entries, State.PREPARING)
    ended = next((found.at for found in entries if isinstance(found.entry, Ended)), None)
    return Result(
        **measured,
        outcome=str(outcome.state) if outcome else "not ended" if entries else "blocked",
        total=_between(preparing, ended),
        measuring=_between(measuring, preparing),
        downtime_ms=outcome.downtime_ms if outcome else None,
        blackout_ms=outcome.blackout_ms if outcome else None,
        transport=_transport(entries),
        acted=tuple(text for found in entries if (text := _lever(found.entry))),
        why=(outcome.because if outcome and outcome.state is not State.MIGRATED else "") or why,
    )


def _first(entries: Sequence[Recorded], state: State) -> datetime | None:
    return next((e.at for e in entries if isinstance(e.entry, Seen) and e.entry.state is state), None)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else round((end - begin).total_seconds(), 3)


def _transport(entries: Sequence[Recorded]) -> str:
    """How it was begun, and how anew."""
    intents = (found.entry for found in entries if isinstance(found.entry, Intent))
    begun = [intent.command.transport for intent in intents if isinstance(intent.command, BeginMove)]
    return ", then ".join(_words(transport) for transport in begun)


def _words(transport: Transport) -> str:
    compression = transport.compression.algorithm if transport.compression else str(transport.method)
    return f"{compression} + auto-converge" if transport.throttle else compression


def _lever(entry: Entry) -> str:
    """What ferry did to a running copy; the cut itself is none."""
    if not isinstance(entry, Intent):
        return ""
    if isinstance(entry.command, Cancel):
        return f"begun anew as {_words(entry.command.again)}" if entry.command.again else ""
    return entry.command.kind if entry.command.kind in _LEVERS else ""
