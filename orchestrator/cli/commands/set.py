"""ferry set: other limits for moves that go on."""

from typing import Any

import click

from orchestrator.cli import ordering
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.order import Change
from orchestrator.model.units import BytesPerSecond, Milliseconds, Quantity, QuantityError

NO_CAP = "none"


class Written(click.ParamType[int]):
    """A quantity with its unit. `none`: where that means no cap."""

    name = "quantity"

    def __init__(self, form: type[Quantity], *, or_none: bool = False) -> None:
        self._form = form
        self._or_none = or_none

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it in base units, `none` as 0. A written zero is refused: it would be taken for something."""
        if self._or_none and value == NO_CAP:
            return 0
        try:
            number = self._form.parse(value)
        except QuantityError as error:
            self.fail(f"{error}{f', or {NO_CAP}' if self._or_none else ''}", param, ctx)
        if number < 1:
            self.fail(f"{value!r} is nothing{f'; for no cap: {NO_CAP}' if self._or_none else ''}", param, ctx)
        return int(number)


@click.command("set")
@click.argument("target", metavar="RUN|GUEST")
@click.option(
    "--bandwidth", type=Written(BytesPerSecond, or_none=True), metavar="RATE", help="Cap of each copy; none: no cap."
)
@click.option("--downtime", type=Written(Milliseconds), metavar="TIME", help="Longest pause when a guest changes over.")
@click.option(
    "--max-duration", type=Written(Milliseconds), metavar="TIME", help="A copy that takes longer is cancelled."
)
@click.option(
    "--postcopy",
    type=click.Choice(["now"]),
    metavar="now",
    help="Switch to post-copy now, if the copy began with it. GUEST only.",
)
@click.option("--beyond-budget", is_flag=True, help="Consent to a downtime above the policy's downtime_budget.")
@click.option("--dry-run", is_flag=True, help="Show what would be ordered and leave.")
@pass_options
def command(
    options: Options,
    target: str,
    bandwidth: int | None,
    downtime: int | None,
    max_duration: int | None,
    postcopy: str | None,
    beyond_budget: bool,
    dry_run: bool,
) -> int:
    """Change the limits of all moves of RUN, or of the move of GUEST alone, while they go on.

    The process that drives the run obeys within a second. Where it is dead or stopped, this one drives the run.

    \b
    ferry set web-01 --bandwidth 5Gbit --downtime 200ms
    ferry set 1121-0412-a4 --max-duration 20m
    """
    change = Change(
        bandwidth_bytes_per_second=bandwidth,
        downtime_ms=downtime,
        max_duration_ms=max_duration,
        postcopy=postcopy is not None,
    )
    wish = ordering.Wish(target=target, kind="set", change=change, beyond_budget=beyond_budget)
    return ordering.order(options, wish, dry_run=dry_run)
