"""How the memory travels, as the plan tells it."""

from dataclasses import replace

from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.cli.view.plans import show_plan
from orchestrator.model.plan import Plan
from orchestrator.model.transport import Transport
from tests.unit.cli.test_sinks import Stream
from tests.unit.migration.scenes import TRANSPORT, move


def told(transport: Transport, verbosity: int = 0) -> str:
    out = Stream()
    show_plan(screen(out, Options(verbosity=verbosity)), Plan(moves=(move(transport=transport),), findings=()))
    return out.getvalue()


def test_what_a_policy_would_like_and_does_not_get_is_said_in_any_case() -> None:
    wishing = replace(TRANSPORT, forgone=("zerocopy: kvm01 has QEMU 7.0.0",))
    assert "web-01: goes without zerocopy: kvm01 has QEMU 7.0.0" in told(wishing)
    assert "goes without" not in told(TRANSPORT)


def test_every_choice_is_said_to_who_asks() -> None:
    chosen = replace(TRANSPORT, because=("the network is fast",), way=("the memory travels in 8 streams",))
    assert "in 8 streams" not in told(chosen)
    assert "the network is fast" in told(chosen, verbosity=1)
    assert "the memory travels in 8 streams" in told(chosen, verbosity=1)
