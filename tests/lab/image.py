"""The guest image: Debian's kernel and an initramfs whose only program is the workload; built once, cached."""

import hashlib
import lzma
import re
import shutil
import stat
import subprocess
from pathlib import Path

from tests.lab import cache

_SOURCES = Path(__file__).with_name("guest")
_PACKAGE = "linux-image-cloud-amd64"  # the smallest kernel Debian has, and it knows virtio
# What the guest's devices need; what these need in turn is found in the modules themselves.
_DRIVERS = ("virtio_pci", "virtio_net", "virtio_blk", "button", "evdev")
_COMPILE = ("gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-static")
KERNEL = "vmlinuz"
INITRAMFS = "initramfs"


def image() -> Path:
    """The directory that holds KERNEL and INITRAMFS."""
    digest = hashlib.sha256()
    for path in [Path(__file__), *sorted(_SOURCES.iterdir())]:
        digest.update(path.read_bytes())
    return cache.build_once("image", digest.hexdigest()[:12], _build)


def _build(work: Path) -> None:
    tree = _unpacked_kernel(work)
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    kernel.rename(work / KERNEL)
    program = work / "init"
    subprocess.run([*_COMPILE, "-o", str(program), *map(str, sorted(_SOURCES.glob("*.c")))], check=True)
    modules = _modules(tree)
    archive = _Archive()
    archive.directory("dev")
    archive.device("dev/console", 5, 1)
    archive.file("init", program.read_bytes(), 0o755)
    archive.directory("modules")
    for name, content in modules.items():
        archive.file(f"modules/{name}", content, 0o644)
    archive.file("modules/order", "".join(f"{name}\n" for name in modules).encode(), 0o644)
    (work / INITRAMFS).write_bytes(archive.finished())
    program.unlink()
    shutil.rmtree(tree)


def _unpacked_kernel(work: Path) -> Path:
    depends = subprocess.run(["apt-cache", "depends", _PACKAGE], check=True, capture_output=True, text=True).stdout
    match = re.search(r"Depends: (linux-image-\S+)", depends)
    if not match:
        raise RuntimeError(f"apt knows no {_PACKAGE}; run: apt-get update")
    # As root apt drops its rights for the download, which a private directory does not allow; it is no place to keep
    # anything secret from.
    command = ["apt-get", "download", "-qq", "-o", "APT::Sandbox::User=root", match[1]]
    subprocess.run(command, check=True, cwd=work, stdin=subprocess.DEVNULL)
    (package,) = work.glob("*.deb")
    tree = work / "kernel"
    subprocess.run(["dpkg-deb", "--extract", str(package), str(tree)], check=True)
    package.unlink()
    return tree


def _modules(tree: Path) -> dict[str, bytes]:
    """Every driver wanted and what it depends on, in the order they have to be loaded."""
    files = {path.name.split(".")[0].replace("-", "_"): path for path in tree.rglob("*.ko*")}
    ordered: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name not in files or f"{name}.ko" in ordered:  # not a file: built into the kernel
            return
        content = files[name].read_bytes()
        if files[name].suffix == ".xz":
            content = lzma.decompress(content)
        match = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in match[1].decode().split(",") if match else ():
            add(needed.replace("-", "_"))
        ordered[f"{name}.ko"] = content

    for driver in _DRIVERS:
        add(driver)
    return ordered


class _Archive:
    """A cpio archive as the kernel unpacks it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._inode = 0

    def directory(self, name: str) -> None:
        self._add(name, stat.S_IFDIR | 0o755)

    def file(self, name: str, content: bytes, mode: int) -> None:
        self._add(name, stat.S_IFREG | mode, content)

    def device(self, name: str, major: int, minor: int) -> None:
        self._add(name, stat.S_IFCHR | 0o600, device=(major, minor))

    def finished(self) -> bytes:
        self._add("TRAILER!!!", 0)
        return b"".join(self._parts)

    def _add(self, name: str, mode: int, content: bytes = b"", device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + encoded, content):
            self._parts.append(part + b"\0" * (-len(part) % 4))
