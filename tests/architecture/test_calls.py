"""What an import cannot show: clocks, files and terminals in pure rooms; threads and sleep outside their places."""

import pytest

from tests.architecture.source import Module, calls, made, modules

PURE = frozenset({"model", "errors", "ports", "checks", "limits", "migration", "planning", "evacuation"})
IMPURE = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid1",
        "uuid4",
        "open",
        "print",
        "input",
        "__import__",
        "importlib.import_module",
        "import_module",
    }
)

STARTS_A_THREAD = frozenset(
    {"threading.Thread", "Thread", "ThreadPoolExecutor", "futures.ThreadPoolExecutor", "threading.Timer", "Timer"}
)
# The engine's one owner of threads, the survey, the doors, and a sink with its own queue.
MAY_START = (
    "orchestrator.wiring",
    "orchestrator.engine.loop",
    "orchestrator.survey",
    "orchestrator.hypervisor",
    "orchestrator.ssh",
    "orchestrator.probe",
    "orchestrator.store",
    "orchestrator.cli.view.sink",
)

SLEEPS = frozenset({"time.sleep", "sleep"})
MAY_SLEEP = (
    "orchestrator.engine.loop",
    "orchestrator.hypervisor",
    "orchestrator.ssh",
    "orchestrator.probe",
    "orchestrator.store",
)


def impure(package: list[Module]) -> list[str]:
    return [f"{m.name}:{line} {call}" for m in package if m.room in PURE for call, line in calls(m) if call in IMPURE]


def outside(package: list[Module], forbidden: frozenset[str], allowed: tuple[str, ...]) -> list[str]:
    return [
        f"{m.name}:{line} {call}"
        for m in package
        if not any(m.name == a or m.name.startswith(f"{a}.") for a in allowed)
        for call, line in calls(m)
        if call in forbidden
    ]


def test_pure_rooms_ask_nobody_for_the_time_or_a_file() -> None:
    assert impure(modules()) == []


def test_threads_are_started_only_by_their_owners() -> None:
    assert outside(modules(), STARTS_A_THREAD, MAY_START) == []


def test_only_loop_and_doors_sleep() -> None:
    assert outside(modules(), SLEEPS, MAY_SLEEP) == []


@pytest.mark.parametrize("line", ["datetime.now(UTC)", "datetime.datetime.now()", "uuid.uuid4()", "open('f')"])
def test_an_impure_call_is_noticed(line: str) -> None:
    assert impure(made("orchestrator.checks.cpu", f"def f():\n    return {line}"))
    assert not impure(made("orchestrator.store.cpu", f"def f():\n    return {line}"))


@pytest.mark.parametrize("line", ["threading.Thread(target=f)", "ThreadPoolExecutor()"])
def test_a_thread_elsewhere_is_noticed(line: str) -> None:
    assert outside(made("orchestrator.engine.driver", line), STARTS_A_THREAD, MAY_START)
    assert outside(made("orchestrator.engine.loopy", line), STARTS_A_THREAD, MAY_START)
    assert not outside(made("orchestrator.engine.loop", line), STARTS_A_THREAD, MAY_START)


def test_sleep_elsewhere_is_noticed() -> None:
    assert outside(made("orchestrator.engine.driver", "time.sleep(1)"), SLEEPS, MAY_SLEEP)
