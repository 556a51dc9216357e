"""How packets get from a source to a destination: recorded answers, and the scripts run here."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.cabling import PathMtu, Route
from orchestrator.model.facts import Unknown
from orchestrator.survey import root, route


def run(script: str, word: str) -> list[str]:
    text = f"{root.SHELL}{script}\nwait"
    done = subprocess.run(["sh"], input=text, capture_output=True, text=True, check=False, timeout=20)
    assert not done.stderr
    return [line.removeprefix(f"{word} ") for line in done.stdout.splitlines() if line.startswith(f"{word} ")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "0 10.77.2.12 dev mig0 src 10.77.2.11 uid 0 \\    cache ",
            Route(device="mig0", source_address="10.77.2.11"),
        ),
        (
            "0 10.9.0.2 via 10.77.0.1 dev eth0 src 10.77.0.11 uid 0 \\    cache ",
            Route(device="eth0", source_address="10.77.0.11", via="10.77.0.1"),
        ),
        (
            "0 fd77:2::12 from :: dev mig0 proto kernel src fd77:2::11 metric 256 pref medium",
            Route(device="mig0", source_address="fd77:2::11"),
        ),
        ("0 local 10.77.2.11 dev lo src 10.77.2.11 uid 0", Route(device="lo", source_address="10.77.2.11")),
        ("2 RTNETLINK answers: Network is unreachable", Unknown(why="Network is unreachable", code="host.path")),
        ("0 ", Unknown(why="the kernel named no route", code="host.shell")),
        ("", Unknown(why="the kernel named no route", code="host.shell")),
    ],
)
def test_routes(line: str, expected: Route | Unknown) -> None:
    assert route.route([line]) == expected


def test_no_answer_is_no_route() -> None:
    assert isinstance(route.route([]), Unknown)
    assert isinstance(route.path_mtu([]), Unknown)
    assert isinstance(route.addresses([]), Unknown)


TOO_LONG = "PING 10.77.2.12 (10.77.2.12) 8972(9000) bytes of data. ping: local error: message too long, mtu=1500 ping:"
FRAGMENT = (
    "PING 10.77.2.12 8972(9000) bytes of data. From 10.77.2.1 icmp_seq=1 Frag needed and DF set (mtu = 1500)  ---"
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1500 0 0 PING 10.77.2.12 ... 2 received", PathMtu(mtu=1500, passes=True)),
        (f"9000 1 0 {TOO_LONG}", PathMtu(mtu=9000, passes=False, detail="message too long, mtu=1500 ping")),
        (f"9000 1 1 {FRAGMENT}", PathMtu(mtu=9000, passes=False, detail="Frag needed and DF set (mtu = 1500)")),
        (
            "9000 1 0 2 packets transmitted, 0 received",
            PathMtu(mtu=9000, passes=False, detail="packets of 9000 bytes get no answer, small ones do"),
        ),
        ("9000 1 1 0 received", Unknown(why="the address answers no ping at all", code="host.path")),
        (
            "1500 2 2 ping: socket: Operation not permitted",
            Unknown(why="ping: socket: Operation not permitted", code="host.shell"),
        ),
        ("1500 2 2 ", Unknown(why="ping ended with status 2", code="host.shell")),
        ("missing", Unknown(why="ping (iputils-ping) is not installed", code="host.shell")),
        (
            "unroutable RTNETLINK answers: Network is unreachable",
            Unknown(why="Network is unreachable", code="host.path"),
        ),
    ],
)
def test_path_mtu(line: str, expected: PathMtu | Unknown) -> None:
    assert route.path_mtu([line]) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0 10.77.0.12 fd77::12 ", ("10.77.0.12", "fd77::12")),
        ("2 ", ()),
        ("124 ", Unknown(why="getent gave no answer (status 124)", code="host.shell")),
    ],
)
def test_names(line: str, expected: tuple[str, ...] | Unknown) -> None:
    assert route.addresses([line]) == expected


def test_the_scripts_run_here() -> None:
    found = route.route(run(route.route_script("127.0.0.1"), "route"))
    assert found == Route(device="lo", source_address="127.0.0.1")
    assert "127.0.0.1" in str(route.addresses(run(route.name_script("localhost"), "name")))
    assert route.addresses(run(route.name_script("no.such.host.invalid"), "name")) in ((),)


PING = """
echo "$*" >>{asked}
case "$*" in *"-M do"*) {large} ;; *) {small} ;; esac
"""


@pytest.fixture
def pings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Probe an address with these routes and answers of ping; tells how ping was called."""
    sysfs = tmp_path / "sys/class/net/mig0"
    sysfs.mkdir(parents=True)
    (sysfs / "mtu").write_text("9000\n")

    def probe(address: str, said: str, large: str, small: str = "exit 0") -> list[str]:
        asked = tmp_path / "asked"
        for name, body in {"ip": f"echo '{said}'", "ping": PING.format(asked=asked, large=large, small=small)}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        answer = run(route.path_mtu_script(address).replace("/sys/class/net", f"{tmp_path}/sys/class/net"), "mtu")
        return [*answer, *asked.read_text().splitlines()]

    return probe


def test_the_whole_mtu_of_the_routes_device_is_sent(pings: Callable[..., list[str]]) -> None:
    assert pings("10.0.0.2", "10.0.0.2 dev mig0 src 10.0.0.1", "exit 0") == [
        "9000 0 0 ",
        "-n -c 2 -i 0.2 -W 1 -M do -s 8972 10.0.0.2",
    ]


@pytest.mark.parametrize(
    ("large", "answer", "asked"),
    [
        ('case "$*" in *"-c 8"*) exit 0 ;; *) exit 1 ;; esac', "9000 0 0", 3),
        ("exit 1", "9000 1 0", 3),
        ("echo 'ping: local error: message too long, mtu=1500'; exit 1", "9000 1 0", 2),
        ("echo 'From 10.0.0.9 icmp_seq=1 Frag needed and DF set (mtu = 1500)'; exit 1", "9000 1 0", 2),
        ("echo 'From fd00::9 icmp_seq=1 Packet too big: mtu=1280'; exit 1", "9000 1 0", 2),
    ],
)
def test_what_is_lost_without_a_word_is_sent_again(
    pings: Callable[..., list[str]], large: str, answer: str, asked: int
) -> None:
    first, *calls = pings("10.0.0.2", "10.0.0.2 dev mig0 src 10.0.0.1", large)
    assert first.startswith(answer) and len(calls) == asked


def test_the_headers_of_ipv6_are_longer(pings: Callable[..., list[str]]) -> None:
    assert "-s 8952 fd00::2" in pings("fd00::2", "fd00::2 dev mig0 src fd00::1", "exit 0")[1]


def test_a_configured_mtu_of_the_route_counts_a_learned_one_does_not(pings: Callable[..., list[str]]) -> None:
    assert "-s 1372 " in pings("10.0.0.2", "10.0.0.2 dev mig0 src 10.0.0.1 mtu lock 1400", "exit 0")[1]


def test_a_learned_mtu_is_what_is_looked_for(pings: Callable[..., list[str]]) -> None:
    assert "-s 8972 " in pings("10.0.0.2", "10.0.0.2 dev mig0 src 10.0.0.1 cache expires 59sec mtu 1400", "exit 0")[1]


def test_small_packets_are_tried_where_large_ones_fail(pings: Callable[..., list[str]]) -> None:
    said = pings("10.0.0.2", "10.0.0.2 dev mig0 src 10.0.0.1", "echo lost; exit 1", "exit 1")
    assert said[0] == "9000 1 1 lost" and said[2] == "-n -c 2 -i 0.2 -W 1 -s 56 10.0.0.2"


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    evil = f"$(touch {tmp_path}/a)'; touch {tmp_path}/b; '"
    for script in (route.route_script(evil), route.path_mtu_script(evil), route.name_script(evil)):
        run(script, "route")
    assert not list(tmp_path.iterdir())
