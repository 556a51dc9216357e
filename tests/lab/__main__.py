"""The commands of ./lab."""

import argparse
import os
import re
import sys
from collections.abc import Sequence

from tests.lab import demo, host_shell, lifecycle, place, status, suite, topology
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.process import CommandFailedError

_CONTROLLER = "controller"
_INSIDE = ("guests", "shell", "link", "ferry")  # these need a lab that stands
_RATE = re.compile(r"(?=.*[1-9])\d+(?:\.\d+)?(?:[kmgt]i?)?(?:bit|bps)")
_RAW = ("ferry", "test")  # whatever follows these goes to another program, word by word


def main(argv: Sequence[str]) -> int:
    options, rest = _parse(argv)
    if options.verb == "help":
        _parser().print_help()
        return 0
    if options.verb == "test":
        return suite.run(options.name or os.environ.get("FERRY_LAB_NAME", "test"), rest)
    lab = NamespaceLab(place.place_of(options.name or place.default_name()), topology.read())
    if options.verb in _INSIDE and not lifecycle.stands(lab.place):
        sys.exit(f"lab: {lab.place.name} is not up; start it: ./lab up --name {lab.place.name}")
    return _VERBS[options.verb](lab, options, rest)


def _up(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    lab.up()
    named = "" if lab.place.name == place.default_name() else f" --name {lab.place.name}"
    verbs = ("guests", "status", f"shell{named} {lab.hosts()[0]}", f"ferry{named} hosts", "down")
    said = ", ".join(f"./lab {verb}" if named in verb else f"./lab {verb}{named}" for verb in verbs)
    print(f"lab {lab.place.name} is up: {said}")
    return 0


def _guests(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    names = list(lab.topology.guests)
    demo.fresh_guests(lab, names)
    print(f"{', '.join(names)} run on {lab.topology.guests[names[0]].host}")
    return 0


def _down(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    lab.down()
    return 0


def _status(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    return status.show(lab)


def _demo(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    return demo.run(lab)


def _shell(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if options.host == _CONTROLLER:
        argv = lab.controller_argv(command or [os.environ.get("SHELL", "/bin/sh")])
        os.execvpe(argv[0], argv, lab.controller_environment())
    argv = host_shell.enter(lab.place, options.host, command or ["bash"])
    os.execvp(argv[0], argv)


def _link(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    lab.link(options.host, options.network, rate=options.rate, up=options.up)
    return 0


def _ferry(lab: NamespaceLab, options: argparse.Namespace, rest: Sequence[str]) -> int:
    argv = lab.ferry_argv(rest)
    os.execvpe(argv[0], argv, lab.controller_environment())


_VERBS = {
    "up": _up, "down": _down, "guests": _guests, "status": _status, "demo": _demo, "shell": _shell, "link": _link,
    "ferry": _ferry,
}  # fmt: skip


def _parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """argparse for what is ours; for `ferry` and `test` only a --name right before or after the verb is ours."""
    words = list(argv)
    verb = next((word for word in words if not word.startswith("-") and word != _value_of_name(words)), None)
    rest: list[str] = []
    if verb in _RAW:
        cut = words.index(verb) + 1
        if words[cut : cut + 1] == ["--name"]:
            cut += 2
        elif words[cut : cut + 1] and words[cut].startswith("--name="):
            cut += 1
        words, rest = words[:cut], words[cut:]
    # The option is known before and after the verb; a default on one of the two would undo what the other was given.
    return _parser().parse_args(words or ["help"], argparse.Namespace(name=None)), rest


def _value_of_name(words: Sequence[str]) -> str | None:
    return words[1] if words[:1] == ["--name"] and len(words) > 1 else None


def _rate(text: str) -> str:
    """A rate as tc understands it, or none."""
    if text != "none" and _RATE.fullmatch(text.lower()) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate: a number and kbit, mbit or gbit (400mbit), or none")
    return text


def _parser() -> argparse.ArgumentParser:
    name = argparse.ArgumentParser(add_help=False)
    name.add_argument("--name", default=argparse.SUPPRESS, help="which lab (default: $FERRY_LAB_NAME or lab)")
    parser = argparse.ArgumentParser(prog="lab", description="Real libvirt hosts on this machine.", parents=[name])
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def add(verb: str, text: str) -> argparse.ArgumentParser:
        return verbs.add_parser(verb, help=text, description=text, parents=[name])

    add("demo", "empty a host of six guests, live, and check every guest's memory")
    add("test", "run every test [--without-lab] [pytest's arguments]")
    add("up", "start the lab afresh")
    add("down", "remove everything the lab made")
    add("guests", "start the six guests of the demo, afresh, on the first host")
    add("status", "hosts, links and guests")
    add("ferry", "run ferry with this lab's configuration: ARGS…")
    shell = add("shell", "a shell on a host, or a command: HOST [-- COMMAND…]")
    shell.add_argument("host", choices=[*topology.read().machines(), _CONTROLLER])
    shell.add_argument("command", nargs=argparse.REMAINDER)
    link = add("link", "shape, cut or mend the link of a host")
    link.add_argument("host", choices=topology.read().hosts)
    link.add_argument("network", choices=topology.read().networks)
    change = link.add_mutually_exclusive_group(required=True)
    change.add_argument("--rate", metavar="RATE", type=_rate, help="what the host may send: 400mbit, none")
    change.add_argument("--down", dest="up", action="store_const", const=False, help="pull the cable")
    change.add_argument("--up", dest="up", action="store_const", const=True, help="plug it in again")
    add("help", "this text")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (place.BadNameError, host_shell.HostDownError, CommandFailedError, TimeoutError) as problem:
        sys.exit(f"lab: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
