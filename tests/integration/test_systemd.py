"""The shipped files for systemd, read by systemd itself, of both suites of Debian; nothing runs."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab import unpacked
from tests.lab.place import CHECKOUT
from tests.lab.protocol import Result

pytestmark = pytest.mark.lab

SHIPPED = CHECKOUT / "docs/how-to/files"
UNITS = ("ferry-adopt.service", "ferry-adopt.timer", "ferry-cron.service", "ferry-cron.timer")
EXPOSED = 30  # at most, of 100: a service without any line of hardening has 96

Systemd = Callable[..., Result]
# Its root, with the files where an operator puts them, in a mount namespace that ends with the command.
_IN_ROOT = """set -eu
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" "$4"
mount -t proc proc "$4/proc"
root=$4
shift 4
exec chroot "$root" "$@"
"""


@pytest.fixture(params=unpacked.SUITES)
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """Runs one of systemd's programs where the shipped files are installed."""
    if os.geteuid():
        pytest.skip("needs root, as the lab does")
    files, work, root = (tmp_path / name for name in ("files", "work", "root"))
    for directory in (work, root, files / "proc", files / "run"):
        directory.mkdir(parents=True)
    for name in UNITS:
        install(SHIPPED / name, files / "etc/systemd/system" / name)
    install(SHIPPED / "ferry.tmpfiles", files / "etc/tmpfiles.d/ferry.conf")
    install(Path("/bin/true"), files / "usr/local/bin/ferry", 0o755)

    def run(*argv: str) -> Result:
        places = map(str, (unpacked.root_of(request.param), files, work, root))
        command = ["unshare", "--mount", "--", "sh", "-c", _IN_ROOT, "sh", *places, *argv]
        done = subprocess.run(
            command, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, capture_output=True, text=True, check=False
        )
        return Result(tuple(argv), done.returncode, done.stdout, done.stderr)

    with ExitStack() as stack:
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        yield run


def install(source: Path, place: Path, mode: int = 0o644) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, place)
    place.chmod(mode)


def test_units_are_as_systemd_wants_them(systemd: Systemd) -> None:
    verified = systemd("systemd-analyze", "verify", "--man=no", *(f"/etc/systemd/system/{name}" for name in UNITS))
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_a_mistake_in_a_unit_is_noticed(systemd: Systemd) -> None:
    broken = systemd(
        *("sh", "-c", "cd /etc/systemd/system; echo 'ProtectSytem=yes' >>$0; systemd-analyze verify --man=no ./$0"),
        "ferry-cron.service",
    )
    assert "ProtectSytem" in broken.stderr


def test_services_are_hardened(systemd: Systemd) -> None:
    services = [name for name in UNITS if name.endswith(".service")]
    measured = systemd("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSED}", *services)
    print(measured.stdout)
    assert measured.returncode == 0, measured


def test_what_becomes_of_reports_is_as_systemd_wants_it(systemd: Systemd) -> None:
    cleaned = systemd("systemd-tmpfiles", "--clean", "/etc/tmpfiles.d/ferry.conf")
    assert (cleaned.returncode, cleaned.stderr) == (0, "")
