"""Every check has a page in the reference, and every page a check."""

from pathlib import Path

import pytest

from orchestrator.checks.registry import RULES
from orchestrator.checks.rule import Rule

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "checks"
SECTIONS = ("## Problem", "## How it is decided", "## Fix", "## Example")


def test_pages_and_checks_are_the_same() -> None:
    assert {page.stem for page in PAGES.glob("*.md")} - {"README"} == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_page_has_the_name_the_title_and_all_parts(rule: Rule) -> None:
    text = (PAGES / f"{rule.name}.md").read_text()
    assert text.startswith(f"# {rule.name}\n\n{rule.title}\n")
    places = [text.index(section) for section in SECTIONS]
    assert places == sorted(places)
