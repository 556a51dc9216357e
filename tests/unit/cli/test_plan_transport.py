"""How the memory travels, as the plan tells it."""

from dataclasses import replace

from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.cli.view.plans import show_plan
from orchestrator.cli.view.runs import show_run
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Compression, Method, Mode, Transport
from tests.screens import world
from tests.unit.cli.test_sinks import Stream
from tests.unit.migration.scenes import TRANSPORT, move


def told(transport: Transport, verbosity: int = 0, policy: str = "auto") -> str:
    out, plan = Stream(), Plan(moves=(move(transport=transport),), findings=())
    settings = replace(world.SETTINGS, policy=Policy(name="p", transport=policy))
    show_plan(screen(out, Options(verbosity=verbosity)), plan, settings)
    return out.getvalue()


def test_a_plan_names_the_transport_of_the_policy_and_the_network() -> None:
    assert "web-01: transport auto, chosen just before the copy; network migration\n" in told(TRANSPORT)
    forced = replace(TRANSPORT, method=Method.XBZRLE)
    assert "web-01: transport xbzrle; network migration\n" in told(forced, policy="xbzrle")
    packed = Compression(algorithm="zstd", level=1)
    several = replace(TRANSPORT, method=Method.COMPRESSED, compression=packed, channels=4, encrypted=True)
    said = "web-01: transport compressed (zstd, 4 streams), encrypted; network migration\n"
    assert said in told(several, policy="compressed")
    assert "network" not in told(replace(TRANSPORT, mode=Mode.OFFLINE)), "no memory travels over any"


def test_a_run_names_the_transport_that_was_used_and_the_rounds() -> None:
    used = replace(TRANSPORT, method=Method.PARALLEL, channels=1)
    out = Stream()
    show_run(
        screen(out, Options()),
        world.done(
            world.migrated("web-01", 1, transport=used),
            world.migrated("web-02", 2, transport=used),
            world.migrated("web-03", 3, transport=replace(used, mode=Mode.OFFLINE), rounds=None),
        ),
    )
    assert "\nweb-01, web-02: transport parallel (1 stream); network migration; 2 rounds\n" in out.getvalue()
    assert "web-03:" not in out.getvalue()


def test_what_a_policy_would_like_and_does_not_get_is_said_in_any_case() -> None:
    wishing = replace(TRANSPORT, forgone=("zerocopy: kvm01 has QEMU 7.0.0",))
    assert "web-01: goes without zerocopy: kvm01 has QEMU 7.0.0" in told(wishing)
    assert "goes without" not in told(TRANSPORT)


def test_every_choice_is_said_to_who_asks() -> None:
    chosen = replace(TRANSPORT, because=("the network is fast",), way=("the memory travels in 8 streams",))
    assert "in 8 streams" not in told(chosen)
    assert "the network is fast" in told(chosen, verbosity=1)
    assert "the memory travels in 8 streams" in told(chosen, verbosity=1)
