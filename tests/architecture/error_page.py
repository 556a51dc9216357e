"""docs/reference/errors.md, made from the catalogue. Write it anew with `python -m tests.architecture.error_page`."""

from collections.abc import Mapping

from orchestrator.catalogue import CATALOGUE, Code
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "reference" / "errors.md"

_HEAD = """<!-- Made from orchestrator/catalogue by: python -m tests.architecture.error_page -->

# Error codes

Every error of ferry has one of these codes. `ferry explain CODE` shows the same without a network. The last number is
the exit code it asks for; when several apply, the gravest situation wins (`ferry explain --list` has them all).
"""

_AREAS = {
    "usage": "The command line",
    "config": "The configuration",
    "store": "The journal",
    "lease": "Who may act",
    "control": "Orders to a run",
    "host": "Hosts",
    "limits": "Limits and slots",
    "migration": "Migrations",
    "plan": "Stored plans",
    "evacuation": "Emptying hosts",
    "network": "Networks",
    "guest": "Guests",
    "ferry": "ferry itself",
}


def page(catalogue: Mapping[str, Code] = CATALOGUE) -> str:
    """The whole page."""
    areas = dict.fromkeys(code.split(".")[0] for code in catalogue)
    return _HEAD + "".join(_area(area, catalogue) for area in areas)


def _area(area: str, catalogue: Mapping[str, Code]) -> str:
    codes = {code: entry for code, entry in catalogue.items() if code.split(".")[0] == area}
    return f"\n## {_AREAS[area]}\n" + "".join(_entry(code, entry) for code, entry in codes.items())


def _entry(code: str, entry: Code) -> str:
    return (
        f"\n### {code}\n\n{entry.symptom}\n\n"
        f"- Usual causes: {entry.causes}\n- What to do: {entry.fix}\n- Exit code: {entry.exit_code}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page())
