"""How many ferries of one machine ask hosts at the same time."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from orchestrator.engine import turns
from orchestrator.engine.turns import Turns

_HOLDER = """
import sys
from pathlib import Path
from orchestrator.engine.turns import Turns
with Turns(Path(sys.argv[1]), 1).turn():
    print("has it", flush=True)
    sys.stdin.read()
"""


def test_as_many_as_there_are_lanes(tmp_path: Path) -> None:
    one = Turns(tmp_path / "turns", 2)
    with one.turn():
        assert one.free()
        with one.turn():
            assert not one.free()
        assert one.free()


def test_the_next_one_goes_when_a_lane_comes_free(tmp_path: Path) -> None:
    one, order = Turns(tmp_path / "turns", 1), list[str]()

    def next_one() -> None:
        with one.turn():
            order.append("next")

    with one.turn():
        waiting = threading.Thread(target=next_one)
        waiting.start()
        waiting.join(0.3)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "next"]


def test_a_process_that_is_killed_gives_its_lane_back(tmp_path: Path) -> None:
    one = Turns(tmp_path / "turns", 1)
    words = [sys.executable, "-c", _HOLDER, str(tmp_path / "turns")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"has it\n"
        assert not one.free()
        holder.kill()
        holder.wait(10)
        assert one.free()


def test_one_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    one = Turns(tmp_path / "turns", 1)
    with one.turn(), one.turn():
        assert not one.free()


def test_without_a_place_for_it_everybody_goes(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Turns(tmp_path / "file" / "turns", 1)
    with one.turn(), one.turn():
        assert one.free()
