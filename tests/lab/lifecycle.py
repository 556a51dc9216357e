"""Bringing a lab up, taking it down, and clearing whatever an earlier one of the same name left."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import cabling, credentials, furnishing, host_shell, image, namespaces, roots, settings
from tests.lab.cache import locked
from tests.lab.definition import CONSOLES, IMAGES
from tests.lab.place import Place
from tests.lab.topology import Topology

Say = Callable[[str], None]


def up(place: Place, topology: Topology, say: Say) -> None:
    """A fresh lab. One at a time of each name; a second caller waits and then starts it anew."""
    with locked(place.lock_file):
        _clear(place)
        place.state.mkdir(parents=True)
        say("keys and certificates")
        credentials.create(place, topology)
        settings.write(place, topology)
        _fill_shared(place)
        say(f"{len(topology.networks)} networks")
        namespaces.add(place.switch_namespace)
        cabling.build_switches(place, topology)
        for suite in sorted({machine.suite for machine in topology.machines().values()}):
            roots.root_of(suite)
        say(f"hosts {', '.join(topology.hosts)}")
        for host in topology.hosts:
            _add_host(place, topology, host)
        for name in topology.jumps():
            _add_jump_host(place, topology, name)
        with ThreadPoolExecutor(len(topology.hosts)) as pool:
            list(pool.map(lambda host: host_shell.wait_until_serving(place, host), topology.hosts))
        for name in topology.jumps():
            host_shell.wait_until_ssh_listens(place, name)
        (place.state / "complete").touch()


def down(place: Place) -> None:
    with locked(place.lock_file):
        _clear(place)
        place.lock_file.unlink()


def is_up(place: Place, topology: Topology) -> bool:
    """Complete, and every host, those between included, still has its process 1."""
    return stands(place) and all(namespaces.first_process(place.host_namespace(name)) for name in topology.machines())


def stands(place: Place) -> bool:
    """It was brought up completely and not taken down; single hosts may have been killed since."""
    return (place.state / "complete").exists() and namespaces.exists(place.switch_namespace)


def _clear(place: Place) -> None:
    """Processes first, while the namespaces that tell whose they are still have names; then names; then files."""
    namespaces.kill_all(place)
    for namespace in namespaces.of_lab(place):
        namespaces.remove(namespace)
    for directory in (place.state, Path("/dev/shm") / place.identity):
        if directory.exists():
            shutil.rmtree(directory)


def _fill_shared(place: Place) -> None:
    built = image.image()
    for inside in (CONSOLES, IMAGES):
        (place.shared / inside.name).mkdir(parents=True)
    for name in (image.KERNEL, image.INITRAMFS):
        shutil.copyfile(built / name, place.shared / IMAGES.name / name)


def _add_host(place: Place, topology: Topology, host: str) -> None:
    furnishing.furnish(place, topology, host, _upper(place, host))
    namespaces.add(place.host_namespace(host))
    cabling.plug_in(place, topology, host)
    host_shell.start(place, topology, host)


def _add_jump_host(place: Place, topology: Topology, name: str) -> None:
    furnishing.furnish_jump_host(place, topology, name, _upper(place, name))
    namespaces.add(place.host_namespace(name))
    cabling.plug_in_jump_host(place, topology, name)
    host_shell.start(place, topology, name)


def _upper(place: Place, machine: str) -> Path:
    place.host_directory(machine).mkdir(parents=True)
    upper, _ = host_shell.overlay_directories(place, machine)
    return upper
