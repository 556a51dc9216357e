"""The lab that a benchmark runs in: one that is up stays up, another one is made for it and taken down again."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab import place, topology
from tests.lab.namespace_lab import NamespaceLab


def lab_parser(description: str | None, name: str) -> argparse.ArgumentParser:
    """What every such command line takes. name: of the lab, unless --lab or the environment name another one."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--lab", default=name_of_lab(name))
    return parser


def name_of_lab(name: str) -> str:
    """That of the environment, or else this one."""
    return os.environ.get("FERRY_LAB_NAME", name)


@contextmanager
def lab_as_found(name: str) -> Iterator[NamespaceLab]:
    """The lab of that name, up."""
    lab = NamespaceLab(place.place_of(name), topology.read())
    found = lab.is_up()
    if not found:
        lab.up()
    try:
        yield lab
    finally:
        if not found:
            lab.down()
