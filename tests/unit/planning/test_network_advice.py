"""What the policy should say of networks: nothing where it is right, a difference with a reason where it is not."""

from dataclasses import replace

import pytest

from orchestrator.model.cabling import RdmaDevice
from orchestrator.model.facts import Facts
from orchestrator.model.settings import Settings
from orchestrator.planning.appraisal import Outlook
from orchestrator.planning.network_advice import Advice, advise
from orchestrator.planning.network_score import Known
from tests.unit.checks.builders import TODAY
from tests.unit.planning.wires import FAST, FILTERED, SLOW, STORE, A, B, M, S, known, measured, network, site, world


def advised(given: Settings, facts: Facts | None = None, what: Known | None = None) -> Advice:
    facts = facts or world(given)
    outlook = Outlook(settings=given, facts=facts, today=TODAY, known=what or Known())
    way = outlook.between(A, B, given.policy), outlook.selection(A, B, given.policy)
    return advise(given.policy, given, [way])


def changes(advice: Advice) -> list[tuple[str, str | None, str]]:
    return [(one.key, one.now, one.then) for one in advice.changes]


def with_rdma(given: Settings) -> Facts:
    facts = world(given)
    device = RdmaDevice(name="mlx5_0", interface="eth0", state="ACTIVE", link_layer="Ethernet", files=("/dev/a",))
    return replace(
        facts,
        hosts={
            name: replace(said, rdma=(device,), daemon=replace(said.daemon, cgroup_device_acl=("/dev/a",)))  # type: ignore[type-var]
            for name, said in facts.answering().items()
        },
    )


def test_nothing_where_it_is_right() -> None:
    advice = advised(site(FAST, SLOW), what=known(measured("fast", 9), measured("slow", 1)))
    assert advice == Advice(changes=(), untested=(), unusable=())


@pytest.mark.parametrize(
    ("order", "then"),
    [(("slow", "fast"), "[fast, slow]"), (("slow",), "[fast, slow]"), (("fast",), None), (("fast", "slow"), None)],
)
def test_an_order_that_puts_the_slower_one_first(order: tuple[str, ...], then: str | None) -> None:
    found = [one for one in changes(advised(site(SLOW, FAST, order=order))) if one[0] == "migration_networks.order"]
    assert found == ([] if then is None else [("migration_networks.order", f"[{', '.join(order)}]", then)])


def test_a_measurement_decides_the_order() -> None:
    slow_in_truth = known(measured("fast", 0.5), measured("slow", 0.9))
    [change] = advised(site(FAST, SLOW, order=("fast", "slow")), what=slow_in_truth).changes
    assert change.then == "[slow, fast]" and "slow 900, fast 500" in change.because


def test_storage_is_never_put_first() -> None:
    assert changes(advised(site(SLOW, network("both", M, S, share=50), order=("slow", "both")))) == []


def test_a_share_of_what_others_need_too() -> None:
    assert changes(advised(site(network("both", M, S)))) == [("both.share", None, "25")]
    assert changes(advised(site(network("both", M, S, share=30)))) == []
    assert changes(advised(site(FAST, STORE))) == []


def test_rdma_from_five_gigabits_on() -> None:
    given = site(FAST)
    assert changes(advised(given, with_rdma(given))) == [("transport", "auto", "rdma")]
    narrow = site(network("fast", M, share=40))
    assert changes(advised(narrow, with_rdma(narrow))) == []
    secret = site(network("fast", M, encryption=True))
    assert changes(advised(secret, with_rdma(secret))) == []


def test_rdma_that_is_not_there() -> None:
    [change] = advised(site(FAST, transport="rdma")).changes
    assert (change.key, change.now, change.then) == ("transport", "rdma", "auto")
    assert "no active RDMA device" in change.because


def test_streams_that_pay() -> None:
    [change] = advised(site(FAST, transport="tcp"), what=known(measured("fast", 9))).changes
    assert (change.now, change.then) == ("tcp", "auto") and "2.0 times" in change.because


def test_what_is_untested_and_what_is_unusable() -> None:
    given = site(FAST)
    assert advised(given).untested == ((A, B, "fast"),)
    broken = advised(given, world(given, broken={"fast": FILTERED}))
    assert broken.untested == ()
    [(source, destination, why)] = broken.unusable
    assert (source, destination) == (A, B) and "migration-port" in why[0]
