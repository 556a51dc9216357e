"""When a lease's holder is proven dead, or stopped."""

from datetime import UTC, datetime

import pytest

from orchestrator.limits.leases import holder_is_dead, holder_is_stopped
from orchestrator.model.lease import Held
from orchestrator.model.run import Holder

HERE = "pid:[4026531836]"
ME = Holder(controller="ctl1", boot_id="today", pid=7, started=70, pid_namespace=HERE)


@pytest.mark.parametrize(
    ("controller", "boot_id", "process_lives", "dead"),
    [
        ("ctl1", "today", True, False),
        ("ctl1", "today", False, True),
        ("ctl1", "yesterday", False, True),
        ("ctl1", "yesterday", True, True),  # the pid is used again since the reboot
        ("ctl2", "today", False, False),  # another machine: its process table is not ours
    ],
)
def test_a_holder_is_dead_only_where_that_can_be_seen(controller, boot_id, process_lives, dead) -> None:
    holder = Holder(controller=controller, boot_id=boot_id, pid=5, started=50, pid_namespace=HERE)
    assert holder_is_dead(held(holder), ME, process_lives=process_lives) is dead


@pytest.mark.parametrize(("theirs", "mine"), [("pid:[4026532999]", HERE), ("", HERE), (HERE, ""), ("", "")])
def test_a_pid_proves_nothing_unless_both_count_in_the_same_namespace(theirs, mine) -> None:
    holder = Holder(controller="ctl1", boot_id="today", pid=5, started=50, pid_namespace=theirs)
    me = Holder(controller="ctl1", boot_id="today", pid=7, started=70, pid_namespace=mine)
    assert not holder_is_dead(held(holder), me, process_lives=False)


@pytest.mark.parametrize(
    ("controller", "boot_id", "namespace", "seen", "stopped"),
    [
        ("ctl1", "today", HERE, True, True),
        ("ctl1", "today", HERE, False, False),
        ("ctl1", "yesterday", HERE, True, False),
        ("ctl2", "today", HERE, True, False),
        ("ctl1", "today", "pid:[4026532999]", True, False),
        ("ctl1", "today", "", True, False),
    ],
)
def test_a_holder_is_stopped_only_where_that_can_be_seen(controller, boot_id, namespace, seen, stopped) -> None:
    holder = Holder(controller=controller, boot_id=boot_id, pid=5, started=50, pid_namespace=namespace)
    assert holder_is_stopped(held(holder), ME, process_stopped=seen) is stopped


def held(holder: Holder) -> Held:
    return Held(name="r", number=1, holder=holder, until=datetime(2026, 1, 1, tzinfo=UTC), expired=False)
