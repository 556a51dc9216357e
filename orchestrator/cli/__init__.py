"""The command line: `main` is what the operator's `ferry` starts."""

from typing import NoReturn


def main() -> NoReturn:
    """Run the command of this process and leave with its exit code."""
    from orchestrator.cli.boundary import leave, run  # noqa: PLC0415 - the package itself stays free to import

    leave(run())
