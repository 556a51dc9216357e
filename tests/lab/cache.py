"""What is built once and used by every lab: kept outside the checkout, complete or not there at all."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def directory() -> Path:
    chosen = os.environ.get("FERRY_LAB_CACHE")
    if chosen:
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).resolve() / "ferry-lab"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on a file; the kernel lets go of it when the process ends, however it ends.

    Who holds it may remove the file: whoever waited for it meanwhile notices and starts over with the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return


def build_once(kind: str, name: str, build: Callable[[Path], None]) -> Path:
    """The directory KIND/NAME of the cache, built if it is not there yet.

    It is built under another name and renamed when it is whole, so a build that was killed leaves nothing that
    looks finished; what it left is removed by the next one, which the lock proves to be alone.
    """
    place = directory() / kind / name
    if place.is_dir():
        return place
    with locked(place.with_name(f"{name}.lock")):
        if place.is_dir():
            return place
        for leftover in place.parent.glob(f".{name}.*"):
            remove(leftover)
        work = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=place.parent))
        work.chmod(0o755)
        build(work)
        work.rename(place)
    return place


def remove(directory: Path) -> None:
    """Removes what a killed build left; for a moment, its last processes may still be writing there."""
    for _ in range(20):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
        time.sleep(0.1)
    shutil.rmtree(directory)
