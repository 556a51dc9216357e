"""The reference pages: their examples are read as they stand, and no key is missing from them."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from orchestrator.config.forms import DEFAULT_STORE, FileForm, HostForm, NetworkForm
from orchestrator.config.policy import shipped
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.settings import Settings
from tests.unit.config.conftest import GOOD

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PAGES = {"configuration.md": (FileForm, HostForm, NetworkForm), "policies.md": (Policy,)}


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


def example(name: str) -> str:
    found = re.search(r"```yaml\n(.*?)```", page(name), re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.parametrize(("name", "forms"), PAGES.items())
def test_every_key_has_its_row(name: str, forms: tuple[Any, ...]) -> None:
    rows = set(re.findall(r"^\| `([a-z_.]+)` \|", page(name), re.MULTILINE))
    keys = {f.name for form in forms for f in fields(form)}
    if Policy in forms:
        keys |= {f"limits.{f.name}" for f in fields(Limits)} | set(shipped())
    assert rows == keys


def test_the_example_of_a_configuration(loaded: Callable[[str], Settings]) -> None:
    settings = loaded(example("configuration.md"))
    assert list(settings.hosts) == ["kvm01", "kvm02"]
    assert DEFAULT_STORE in page("configuration.md")


def test_the_example_of_a_policy(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    (tmp_path / "night.yaml").write_text(example("policies.md"))
    assert loaded(f"{GOOD}policy: night.yaml\n").policy.limits.live == 4


def test_the_defaults_in_the_table_are_the_models() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \|", page("policies.md"), re.MULTILINE))
    default = Policy(name="x")
    assert rows == {
        "limits.live": str(default.limits.live),
        "downtime_limit": str(default.downtime_limit),
        "max_duration": str(default.max_duration),
        "memory_reserve": str(default.memory_reserve),
    }
