"""Before the lab itself: installs what is missing, all at once where it can be, then hands over to .venv.

Runs with Debian's own Python and nothing but its standard library, because nothing else is there yet.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.lab import environment, image, packages, roots, unpacked

_WITH_HOSTS = ("demo", "up", "test")
_VERBS = (*_WITH_HOSTS, "down", "status", "shell", "link", "ferry", "help")
_FOR_TESTS = (*packages.FOR_STORE, *packages.FOR_VAGRANT)
_WITHOUT_LAB = "--without-lab"


def main(argv: Sequence[str]) -> None:
    verb = next((word for word in argv if word in _VERBS), "")
    hosts = verb in _WITH_HOSTS and _WITHOUT_LAB not in argv
    if hosts and os.geteuid():
        sys.exit(_needs_root(verb))
    try:
        _prepare(hosts=hosts, tests=verb == "test")
    except packages.MissingError as error:
        sys.exit(f"lab: {error}")
    python = str(environment.PYTHON)
    os.execv(python, [python, "-B", "-m", "tests.lab", *argv])


def _needs_root(verb: str) -> str:
    text = f"lab: `./lab {verb}` makes network namespaces and mounts, so it has to run as root."
    if verb == "test":
        text += "\nEverything that needs no lab runs as anyone: ./lab test --without-lab"
    return text


def _prepare(*, hosts: bool, tests: bool) -> None:
    packages.ensure("tools", packages.FOR_HOSTS if hosts else packages.FOR_PYTHON)
    if tests and not os.geteuid():  # anybody else's tests of the store on a server say that they were skipped
        packages.ensure_postgresql()
    work: list[tuple[str, Callable[[], object]]] = [("the Python environment", environment.ensure)]
    if hosts:
        work += [(f"the root of {suite} hosts", partial(roots.root_of, suite)) for suite in roots.SUITES]
        work.append(("the guest image", image.image))
    if hosts and tests:
        work += [(f"cron and systemd of {suite}", partial(unpacked.root_of, suite)) for suite in unpacked.SUITES]
        work.append(("PostgreSQL, and Vagrant to check its file", lambda: packages.ensure("more", _FOR_TESTS)))
    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(_timed, what, step) for what, step in work]:
            done.result()


def _timed(what: str, step: Callable[[], object]) -> None:
    started = time.monotonic()
    step()
    seconds = time.monotonic() - started
    if seconds > 1:  # quicker than that, it was there already
        print(f"lab: {what}: ready after {seconds:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (RuntimeError, subprocess.CalledProcessError) as problem:
        sys.exit(f"lab: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
