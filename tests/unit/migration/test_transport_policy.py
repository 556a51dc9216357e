"""How fast a guest travels is settled for that guest and its destination, and the reason says by whom."""

from orchestrator.migration.transport import choose
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.units import BytesPerSecond, Milliseconds
from tests.unit.checks.builders import guest, pair, settings

GIVEN = settings(
    overrides=(
        Override(
            layer=Layer.HOST,
            name="kvm02",
            settings=(Setting(path=("bandwidth",), value=BytesPerSecond.parse("400Mbit"), layer=Layer.HOST),),
        ),
        Override(
            layer=Layer.GUESTS,
            name="db-*",
            settings=(Setting(path=("downtime_limit",), value=Milliseconds(50), layer=Layer.GUESTS),),
        ),
    )
)


def test_the_destination_and_the_guest_are_obeyed() -> None:
    moving = guest("db-01")
    transport = choose(moving, GIVEN.hosts["kvm02"], GIVEN, pair(moving))
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (50, 50_000_000)
    assert "the policy default with host kvm02, guests db-* allows a pause of 50ms" in transport.because


def test_another_guest_at_another_host_has_the_policy_of_the_site() -> None:
    moving = guest("web")
    transport = choose(moving, GIVEN.hosts["kvm01"], GIVEN, pair(moving))
    assert (transport.downtime_limit_ms, transport.bandwidth_bytes_per_second) == (300, None)
