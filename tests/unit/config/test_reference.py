"""The reference pages: their examples are read as they stand, and no key is missing from them."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from orchestrator.config.forms import DEFAULT_STORE, FileForm, HostForm, NetworkForm, ScheduleForm
from orchestrator.config.policy import shipped
from orchestrator.model.host import HostName
from orchestrator.model.policy import (
    Affinity,
    Charge,
    Checks,
    Convergence,
    Costs,
    Emptying,
    GuardRule,
    Limits,
    NetworkChoice,
    OnFailure,
    Policy,
    Retries,
    Rung,
    Stall,
    Waiver,
)
from orchestrator.model.settings import Settings
from orchestrator.model.units import Milliseconds
from tests.unit.config.conftest import GOOD

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PAGES = {"configuration.md": (FileForm, HostForm, NetworkForm, ScheduleForm), "policies.md": (Policy,)}

PARTS: dict[str, Any] = {
    "affinity": Affinity,
    "limits": Limits,
    "limits.costs": Costs,
    "migration_networks": NetworkChoice,
    "guard": GuardRule,
    "convergence": Convergence,
    "convergence.ladder": Rung,
    "stall": Stall,
    "retries": Retries,
    "evacuation": Emptying,
    "evacuation.on_failure": OnFailure,
    "checks": Checks,
    "checks.waive": Waiver,
}


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


def example(name: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", page(name), re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.parametrize(("name", "forms"), PAGES.items())
def test_every_key_has_its_row(name: str, forms: tuple[Any, ...]) -> None:
    rows = set(re.findall(r"^\| `([a-z0-9_.-]+)` \|", page(name), re.MULTILINE))
    keys = {f.name for form in forms for f in fields(form)}
    if Policy in forms:
        keys |= {f"{name}.{f.name}" for name, part in PARTS.items() for f in fields(part)} | set(shipped())
    assert rows == keys


def test_the_example_of_a_configuration(loaded: Callable[[str], Settings]) -> None:
    settings = loaded(example("configuration.md"))
    assert list(settings.hosts) == ["kvm01", "kvm02"]
    assert DEFAULT_STORE in page("configuration.md")


def test_the_example_of_a_policy(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(example("policies.md"))
    policy = loaded(f"{GOOD}policy: night.yaml\n").policy
    assert policy.limits.live == 4
    assert [waiver.check for waiver in policy.checks.waive] == ["mitigations"]


def test_the_settings_that_the_page_shows_as_different(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    part = page("policies.md").partition("## Groups, hosts and guests")[2]
    shown = re.search(r"```text\n(.*?)```", part, re.DOTALL)
    assert shown
    (tmp_path / "night.yaml").write_text(example("policies.md"))
    text = shown.group(1).replace("policy: night ", "policy: night.yaml ")
    # The page leaves out what every host needs.
    networks, kvm01 = GOOD.partition("hosts:\n")[0], GOOD.partition("  kvm01:\n")[2].partition("  kvm02")[0]
    settings = loaded(networks + text.replace("  kvm01:\n", f"  kvm01:\n    group: rack1\n{kvm01}"))
    policy = settings.policy_for(guest="db-07", host=HostName("kvm01"))
    assert [str(policy.downtime_budget), str(policy.memory_reserve)] == ["50ms", "4GiB"]
    assert str(policy.bandwidth) == "1Gbit/s"
    assert policy.checks.severity["cpu-return"] == "blocker"


def test_the_defaults_in_the_table_are_the_models() -> None:
    rows = dict(re.findall(r"^\| `([a-z0-9_.-]+)` \| `([^`]+)` \|", page("policies.md"), re.MULTILINE))
    default = Policy(name="x")
    parts = {"": default, "limits.": default.limits, "convergence.": default.convergence}
    parts |= {
        "migration_networks.": default.migration_networks,
        "stall.": default.stall,
        "retries.": default.retries,
        "evacuation.": default.evacuation,
        "evacuation.on_failure.": default.evacuation.on_failure,
        "checks.": default.checks,
    }
    said = {f"{prefix}{f.name}": written(getattr(part, f.name)) for prefix, part in parts.items() for f in fields(part)}
    assert rows == {key: value for key, value in said.items() if value} | {
        "checks.waive.guest": Waiver.__dataclass_fields__["guest"].default,
        "checks.waive.host": Waiver.__dataclass_fields__["host"].default,
        "guard.lasting": "5s",
        "affinity.hard": "true",
    }
    assert GuardRule(watch="cpu_percent", above=1).lasting == Milliseconds.parse(rows["guard.lasting"])


def test_the_costs_in_the_table_are_the_models() -> None:
    part = page("policies.md").partition("## Limits")[2]
    head = re.search(r"^\| key \| (live \| .*) \|$", part, re.MULTILINE)
    assert head
    assert head.group(1).split(" | ") == [f.name for f in fields(Charge)]
    rows = dict(re.findall(r"^\| `limits\.costs\.([a-z_]+)` \| (.*) \|$", part, re.MULTILINE))
    default = Costs()
    said = {f.name: [str(getattr(getattr(default, f.name), c.name)) for c in fields(Charge)] for f in fields(Costs)}
    assert {kind: row.split(" | ") for kind, row in rows.items()} == said


def written(value: object) -> str | None:
    """As a policy document says it; None for what has no default, or has parts of its own."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) and value not in ("", "x") else None


def test_the_ladder_that_the_page_shows(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    shown = re.search(r"```text\n(convergence:.*?)```", page("policies.md"), re.DOTALL)
    assert shown
    (tmp_path / "steps.yaml").write_text(f"name: steps\n{shown.group(1)}")
    ladder = loaded(f"{GOOD}policy: steps.yaml\n").policy.convergence.ladder
    assert [rung.then for rung in ladder] == ["downtime-limit", "downtime-limit", "abort"]
