"""A disk that fills up under the journal: what could not be written down is not begun."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.command import BeginMove
from orchestrator.model.entry import Intent
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.store import SqlStore
from tests.contract.store_contract import holder
from tests.scenarios.simulated import A, Bench

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small file system")
PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    made = tmp_path / "disk"
    made.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "ferry-test", str(made)], check=False)
    if mounted.returncode:
        pytest.skip("no right to mount")
    yield made
    subprocess.run(["umount", "--lazy", str(made)], check=True)


def fill(disk: Path, leave: int) -> None:
    """Leave so many pages free."""
    told = os.statvfs(disk)
    (disk / "filler").write_bytes(b"x" * (told.f_bavail * told.f_frsize - leave * PAGE))


@pytest.mark.parametrize("pages", [0, 4, 8, 12, 16, 20, 24, 32])
def test_a_move_begins_only_after_its_intent_is_on_the_disk(
    disk: Path, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    begun = []
    act = SimHypervisor.act

    def seen(self: SimHypervisor, command: object, **more: object) -> object:
        if isinstance(command, BeginMove):
            intents = [
                e.entry.command for r in store.runs() for e in store.entries(r.id) if isinstance(e.entry, Intent)
            ]
            assert command in intents
            begun.append(command)
        return act(self, command, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(SimHypervisor, "act", seen)
    bench, store = Bench(), SqlStore(f"sqlite:///{disk}/ferry.db")
    bench.store = store  # type: ignore[assignment]
    guest = bench.guest(1)
    store.take("x", holder(), lasts=1)
    fill(disk, leave=pages)
    with pytest.raises(OrchestratorError) as caught:
        bench.apply(bench.move(guest))
    assert caught.value.problems[0].code == "store.unavailable"
    assert "No space left" in caught.value.problems[0].saw
    if pages == 0:
        assert begun == []
    if not begun:
        bench.pass_time(500.0)
        assert bench.world.active(guest) == [A]
    store.close()
