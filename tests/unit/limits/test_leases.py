"""When a lease's holder is proven dead."""

from datetime import UTC, datetime

import pytest

from orchestrator.limits.leases import holder_is_dead
from orchestrator.model.lease import Held
from orchestrator.model.run import Holder

ME = Holder(controller="ctl1", boot_id="today", pid=7, started=70)


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
    holder = Holder(controller=controller, boot_id=boot_id, pid=5, started=50)
    held = Held(name="r", number=1, holder=holder, until=datetime(2026, 1, 1, tzinfo=UTC), expired=False)
    assert holder_is_dead(held, ME, process_lives=process_lives) is dead
