"""docs/reference/exit-codes.md, made from the table of situations: `python -m tests.architecture.exit_code_page`."""

from collections.abc import Mapping

from orchestrator.cli.exit_codes import PRECEDENCE, SITUATIONS, Situation
from tests.architecture.source import ROOT

PAGE = ROOT / "docs" / "reference" / "exit-codes.md"

_HEAD = """<!-- Made from orchestrator/cli/exit_codes.py by: python -m tests.architecture.exit_code_page -->

# Exit codes

ferry answers every caller with one number. A script, a crontab or a systemd unit can rely on this table; a code that
is not in it counts as a failure. `ferry explain NUMBER` shows a line of it.

| code | name | meaning | what to do | what a cron job should do |
|---|---|---|---|---|
"""

_TAIL = """
When several apply, the first of {order} is answered. 2 and 3 stand alone.

`ferry abort` and `ferry stop` answer for the order, the command that drives the run for what became of it: if a guest
stays because of `ferry abort RUN` or `ferry stop RUN` it answers 130, because of `ferry abort GUEST` 1. Where
`ferry abort` had to drive the run itself, such a guest is no failure (0).

The third Ctrl-C also answers 130: ferry leaves at once, copies in flight go on between the hosts, and `ferry resume`
takes them over.
"""


def page(situations: Mapping[int, Situation] = SITUATIONS) -> str:
    """The whole page."""
    rows = (f"| {code} | {s.name} | {s.means} | {s.act} | {s.cron} |\n" for code, s in situations.items())
    return _HEAD + "".join(rows) + _TAIL.format(order=", ".join(map(str, PRECEDENCE)))


if __name__ == "__main__":
    PAGE.write_text(page())
