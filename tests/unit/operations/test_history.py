"""What an open run was ordered and has not carried out yet, as its journal and its queue tell it."""

from typing import Any

import pytest

from orchestrator.model.entry import Closed, Ordered
from orchestrator.model.order import Change, Order
from orchestrator.model.run import RunId
from orchestrator.operations.history import history, one, status
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, G2, T0
from tests.unit.operations.test_control import FIRST, SECOND, Site, ended

R = RunId("r")


@pytest.fixture
def site(tmp_path):
    store = SqlStore(f"sqlite:///{tmp_path}/ferry.db")
    yield Site(store)
    store.close()


def told(site: Site) -> list[tuple[str, str | None, bool]]:
    """Kind, guest and whether it was taken, of each order that `ferry status` tells."""
    (report,) = status(site.doors)
    assert report == one(site.doors, R) == history(site.doors, 1)[0]
    return [(each.order.kind, each.name, each.taken) for each in report.orders]


def given(site: Site, kind: Any, **more: Any) -> int:
    return site.store.order(R, Order(kind=kind, by="ada on ctl1", **more), at=T0)


def test_a_stop_holds_until_every_move_has_its_verdict(site) -> None:
    journal = site.opened("r", FIRST, SECOND)
    assert told(site) == []
    journal.append(Ordered(order="stop", by="Ctrl-C"))
    journal.append(ended(FIRST))
    assert told(site) == [("stop", None, True)]
    journal.append(ended(SECOND))
    assert told(site) == []


def test_an_abort_of_a_guest_holds_until_its_own_verdict(site) -> None:
    journal = site.opened("r", FIRST, SECOND)
    journal.append(Ordered(order="abort", by="ada on ctl1", guest=G2, queued=given(site, "abort", guest=G2)))
    assert told(site) == [("abort", "guest-2", True)]
    journal.append(ended(FIRST))
    assert told(site) == [("abort", "guest-2", True)]
    journal.append(ended(SECOND))
    assert told(site) == []


def test_what_nobody_has_read_is_told_whatever_it_is(site) -> None:
    site.opened("r", FIRST, SECOND)
    given(site, "set", guest=G1, change=Change(downtime_ms=200))
    given(site, "stop")
    assert told(site) == [("set", "guest-1", False), ("stop", None, False)]


def test_what_was_taken_and_is_done_or_was_refused_is_not_told(site) -> None:
    journal = site.opened("r", FIRST, SECOND)
    journal.append(Ordered(order="set", by="ada", change=Change(downtime_ms=200), queued=given(site, "set")))
    journal.append(Ordered(order="abort", by="ada", guest=G1, queued=given(site, "abort"), refused="too late"))
    assert told(site) == []


def test_a_run_that_is_over_has_no_orders(site) -> None:
    journal = site.opened("r", FIRST)
    journal.append(Ordered(order="stop", by="Ctrl-C"))
    given(site, "abort")
    journal.append(Closed(exit_code=130))
    assert one(site.doors, R).orders == ()
