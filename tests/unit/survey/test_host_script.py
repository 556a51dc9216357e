"""The one script for a host: how sections are put together, bounded, and told apart again."""

import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Clock, Kernel, Shutdown
from orchestrator.model.topic import EVERYTHING, OF_SHELL, Topic
from orchestrator.ports import CommandResult
from orchestrator.survey import host_script, identity
from orchestrator.survey.clock import Heard
from orchestrator.survey.topics.registry import SECTIONS
from orchestrator.survey.topics.section import Section

HEARD = Heard(before=1000.0, after=1003.0)
LEG = "controller to kvm01, ssh"


def said(text: str) -> CommandResult:
    return CommandResult(status=0, stdout=text, stderr="")


def run(topics: frozenset[Topic]) -> CommandResult:
    """As the door runs it: read as a whole before it begins."""
    text = f"{{\n{host_script.script(topics)}\n}}\n"
    done = subprocess.run(["sh", "-s"], input=text, capture_output=True, text=True, check=False, timeout=30)
    assert not done.stderr
    return said(done.stdout)


def parse(answer: CommandResult | Unknown, *topics: Topic) -> dict[Topic, Any]:
    return host_script.parse(answer, topics, HEARD, LEG)


@pytest.fixture
def sections(monkeypatch: pytest.MonkeyPatch) -> dict[Topic, Section]:
    """The sections, to be replaced by others."""
    mine = dict(SECTIONS)
    monkeypatch.setattr(host_script, "SECTIONS", mine)
    return mine


def lines_of(script: str) -> Section:
    """A section whose value is all that it said."""
    return Section(script=script, parse=tuple)


def test_everything_in_one_script() -> None:
    answer = run(OF_SHELL)
    values = parse(answer, *OF_SHELL)
    assert set(values) == OF_SHELL
    unknown = {topic for topic, value in values.items() if isinstance(value, Unknown)}
    assert unknown <= {Topic.DAEMON}, "there is no libvirt here"
    assert isinstance(identity.parse(answer, LEG).boot_id, str)


def test_what_is_not_asked_for_does_not_run() -> None:
    script = host_script.script({Topic.SHUTDOWN, Topic.CPU})
    assert "shutdown/scheduled" in script and "section kernel" not in script and "/proc/stat" not in script
    assert "section" not in host_script.script(()) and "clock" not in host_script.script({Topic.PEER})


def test_other_topics_are_left_alone() -> None:
    assert parse(said(""), *(EVERYTHING - OF_SHELL)) == {}


def test_a_section_that_takes_too_long_costs_only_itself(
    sections: dict[Topic, Section], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_script, "_BEGIN", host_script._BEGIN.replace("-k 1 4", "-k 1 0.3"))
    sections[Topic.RDMA] = lines_of("echo begun; sleep 60")
    sections[Topic.OWNERS] = lines_of("echo begun; trap '' TERM; sleep 60; sleep 60")
    found = parse(run(frozenset({Topic.RDMA, Topic.OWNERS, Topic.SHUTDOWN})), Topic.RDMA, Topic.OWNERS, Topic.SHUTDOWN)
    assert found[Topic.SHUTDOWN] == Shutdown()
    for topic in (Topic.RDMA, Topic.OWNERS):
        assert found[topic] == Unknown(why="the host took longer than 4 s for it", code="host.shell", leg=LEG)


def test_lines_of_sections_that_print_at_the_same_time_stay_whole(sections: dict[Topic, Section]) -> None:
    topics = (Topic.RDMA, Topic.OWNERS, Topic.DEVICES)
    for number, topic in enumerate(topics):
        line = str(number) * 3000
        sections[topic] = lines_of(f'n=0; while [ $n -lt 200 ]; do echo "{line}"; n=$((n+1)); done')
    found = parse(run(frozenset(topics)), *topics)
    assert [found[topic] for topic in topics] == [(str(number) * 3000,) * 200 for number in range(3)]


def test_sections_know_how_to_become_root(sections: dict[Topic, Section]) -> None:
    sections[Topic.RDMA] = lines_of("""root printf '%s\\n' "it's \\"$HOME\\""; exit 3""")
    (line,) = parse(run(frozenset({Topic.RDMA})), Topic.RDMA)[Topic.RDMA]
    assert line.startswith("it's \"/") and line.endswith('"')


def test_an_answer_that_breaks_off_still_has_what_was_complete() -> None:
    text = "clock 1001.0\nshutdown looked yes\nkernel release 6.1\nshutdown end 1\nkernel word 6"
    found = parse(said(text), Topic.SHUTDOWN, Topic.KERNEL, Topic.LOAD)
    assert found[Topic.SHUTDOWN] == Shutdown()
    broken = Unknown(why="the host broke off before it had said all of it", code="host.shell", leg=LEG)
    assert found[Topic.KERNEL] == found[Topic.LOAD] == broken


def test_a_section_without_a_word_is_unknown() -> None:
    found = parse(said("kernel end 0\n"), Topic.KERNEL)[Topic.KERNEL]
    assert found == Unknown(why="the host said nothing of it", code="host.shell", leg=LEG)


def test_a_shell_that_fails_makes_all_of_it_unknown() -> None:
    why = Unknown(why="no key", code="host.credentials", leg="elsewhere")
    assert parse(why, Topic.KERNEL, Topic.CLOCK) == {Topic.KERNEL: why, Topic.CLOCK: why}


def test_a_value_is_read_from_its_own_lines() -> None:
    text = "kernel release 6.1\nload release 9\nkernel word 64\nkernel page 4096\nkernel end 0\n"
    kernel = parse(said(text), Topic.KERNEL)[Topic.KERNEL]
    assert isinstance(kernel, Kernel) and kernel.release == "6.1"


@pytest.mark.parametrize(
    ("first", "last", "ahead", "uncertainty"),
    [
        (1000.5, 1002.5, 0.0, 0.5),  # 3 s as the controller counts, of which the script took 2
        (1005.5, 1007.5, 5.0, 0.5),
        (999.0, 1002.0, -1.0, 0.0),
        (1000.0, 1000.0, -1.5, 1.5),
    ],
)
def test_the_clock(first: float, last: float, ahead: float, uncertainty: float) -> None:
    found = parse(said(f"clock {first}\nclock {last}\n"), Topic.CLOCK)[Topic.CLOCK]
    assert found == Clock(ahead_seconds=ahead, uncertainty_seconds=uncertainty)


@pytest.mark.parametrize("text", ["", "clock \n", "clock soon\n", "clock 1.N\n"])
def test_a_host_that_does_not_tell_the_time(text: str) -> None:
    found = parse(said(text), Topic.CLOCK)[Topic.CLOCK]
    assert found == Unknown(why="the host did not tell the time", code="host.shell", leg=LEG)


@given(st.text())
def test_garbage_never_raises(text: str) -> None:
    values = parse(said(text), *OF_SHELL)
    assert all(isinstance(value, Unknown) for topic, value in values.items() if topic is not Topic.CLOCK)
