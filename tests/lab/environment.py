"""The checkout's virtual environment: made with Debian's Python, made again when pyproject.toml asks for more."""

import hashlib
import subprocess

from tests.lab import cache
from tests.lab.place import CHECKOUT
from tests.lab.process import mortal

_DIRECTORY = CHECKOUT / ".venv"
_PROJECT = CHECKOUT / "pyproject.toml"
_STAMP = _DIRECTORY / "ready-for"  # written last: without it, or with another digest, the environment is not finished
_BASE = "/usr/bin/python3"
PYTHON = _DIRECTORY / "bin/python"


def ensure() -> None:
    wanted = _digest()
    if _stamp() == wanted:
        return
    with cache.locked(CHECKOUT / ".lab/venv.lock"):
        if _stamp() == wanted:
            return
        if not _STAMP.exists() and _DIRECTORY.exists():  # somebody was stopped halfway
            cache.remove(_DIRECTORY)
        if not _DIRECTORY.exists():
            _run([_BASE, "-m", "venv", str(_DIRECTORY)])
        _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--editable", f"{CHECKOUT}[dev]"])
        _STAMP.write_text(wanted)


def _stamp() -> str:
    return _STAMP.read_text() if _STAMP.exists() else ""


def _digest() -> str:
    """Changes with the project's dependencies, with Debian's Python and with the place of the checkout."""
    version = subprocess.run([_BASE, "--version"], capture_output=True, text=True, check=True).stdout
    return hashlib.sha256(_PROJECT.read_bytes() + version.encode() + str(CHECKOUT).encode()).hexdigest()


def _run(command: list[str]) -> None:
    done = subprocess.run(mortal(command), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
