"""Mistakes of every kind: each is told with its line, its column and a way out, and all of them at once."""

# ruff: noqa: E501 - one mistake a line reads as the table that it is

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.config.report import Report
from orchestrator.config.source import Source
from orchestrator.config.tree import parse
from tests.unit.config.conftest import GOOD, Problems

# What to replace in the good file, and by what; where it must be shown; a piece of what must be said, and of the fix.
ONE_BY_ONE = {
    "unknown key": ("networks:", "polcy: lab\nnetworks:", (1, 1), 'no setting "polcy"', "policy?"),
    "unknown key of a host": ("    addresses: {migration: 10.77.2.12}", "    adresses: {}\n    addresses: {migration: 10.77.2.12}", (9, 5), 'hosts.kvm02 has no setting "adresses"', "addresses?"),
    "key unlike any other": ("networks:", "zzz: 1\nnetworks:", (1, 1), 'no setting "zzz"', "What may stand here: hosts"),
    "missing key": ("    uri: qemu+ssh://root@kvm01/system\n", "", (4, 3), 'hosts.kvm01 lacks "uri"', "uri:"),
    "missing part": ("networks:\n  migration: {cidr: 10.77.2.0/24}\n", "", (1, 1), 'lacks "networks"', "networks:"),
    "text for a list": ("networks:", "shared_filesystems: /srv\nnetworks:", (1, 21), "must be a list", "list"),
    "number for a text": ("networks:", "policy: 5\nnetworks:", (1, 9), "policy must be a text", "quotes"),
    "truth value for a text": ("networks:", "policy: true\nnetworks:", (1, 9), "policy must be a text", "quotes"),
    "list for a mapping": ("{migration: 10.77.2.11}", "[10.77.2.11]", (6, 16), "must be a mapping", "mapping"),
    "nothing for a mapping": ("  migration: {cidr: 10.77.2.0/24}\n", "", (1, 1), "networks must be a mapping", "mapping"),
    "no hosts": (GOOD[GOOD.index("hosts:") :], "hosts: {}\n", (3, 8), "hosts is empty", "Add one"),
    "item of a list": ("networks:", "shared_filesystems: [/srv, srv]\nnetworks:", (1, 28), "'srv' is no absolute path", "whole path"),
    "root directory shared": ("networks:", "shared_filesystems: [/]\nnetworks:", (1, 22), "root directory", "directory"),
    "path that climbs": ("networks:", "shared_filesystems: [/srv/../etc]\nnetworks:", (1, 22), "no absolute path", ".."),
    "odd host name": ("  kvm02:", '  "kvm02;reboot":', (7, 3), "'kvm02;reboot' is no name", "letters"),
    "name that is an option": ("  kvm02:", '  "-kvm02":', (7, 3), "'-kvm02' is no name", "begin with"),
    "number for a key": ("  kvm02:", "  02:", (7, 3), "a key that is not", "quotes"),
    "list for a key": ("  kvm02:", "  [kvm02]:", (7, 3), "a key that is not", "quotes"),
    "merge key": ("  kvm02:\n", "  kvm02:\n    <<: {ssh: a}\n", (8, 5), 'no setting "<<"', "Remove"),
    "key given twice": ("  kvm02:", "  kvm01:", (7, 3), "line 4", "Keep one"),
    "not a URI": ("qemu+ssh://root@kvm02/system", "kvm02", (8, 10), "no libvirt URI", "virsh -c"),
    "URI of another driver": ("qemu+ssh://root@kvm02/system", "xen+ssh://kvm02/system", (8, 10), "no libvirt URI", "virsh"),
    "URI without a path": ("qemu+ssh://root@kvm02/system", "qemu+ssh://kvm02", (8, 10), "no libvirt URI", "/system"),
    "URI with a strange port": ("kvm02/system", "kvm02:x/system", (8, 10), "no libvirt URI", "virsh"),
    "URI with an option for a host": ("root@kvm02/", "-oProxyCommand=id/", (8, 10), "no valid user or host", "virsh"),
    "URI with an option for a user": ("root@kvm02/", "-l@kvm02/", (8, 10), "no valid user or host", "virsh"),
    "URI that trusts anybody": ("kvm02/system", "kvm02/system?no_verify=1", (8, 10), "host's identity", "Remove"),
    "URI that trusts by itself": ("kvm02/system", "kvm02/system?known_hosts_verify=auto", (8, 10), "identity", "Remove"),
    "local URI": ("qemu+ssh://root@kvm02/system", "qemu:///system\n    ssh: kvm02", (8, 10), "names no host", "peer_uri: qemu+tls://kvm02"),
    "local URI without ssh": ("qemu+ssh://root@kvm02/system", "qemu:///system\n    peer_uri: qemu+tls://kvm02/system", (7, 3), "no ssh destination", "ssh: root@kvm02"),
    "ssh that is an option": ("    addresses: {migration: 10.77.2.12}", "    addresses: {migration: 10.77.2.12}\n    ssh: -oProxyCommand=id", (10, 10), "no destination for ssh", "user@host"),
    "host bits in a network": ("10.77.2.0/24", "10.77.2.1/24", (2, 21), "no network", "10.77.2.0/24"),
    "not a network": ("10.77.2.0/24", "10.77.2.0/33", (2, 21), "no network", "such as"),
    "not an address": ("10.77.2.12", "10.77.2.300", (9, 28), "no IP address", "such as"),
    "address outside": ("10.77.2.12", "10.77.3.12", (9, 28), "10.77.3.12 is no address of a host in 10.77.2.0/24", "address"),
    "address of the network": ("10.77.2.12", "10.77.2.0", (9, 28), "no address of a host", "address"),
    "broadcast address": ("10.77.2.12", "10.77.2.255", (9, 28), "no address of a host", "address"),
    "address on no network": ("{migration: 10.77.2.12}", "{migration: 10.77.2.12, migratoin: 10.77.2.13}", (9, 40), 'no network "migratoin"', "migration?"),
    "no migration address": ("    addresses: {migration: 10.77.2.12}\n", "", (7, 3), "kvm02 has no address on the migration network", "addresses:"),
    "same uri": ("kvm02/system", "kvm01/system", (8, 10), "is given to kvm01 too (line 5)", "two hosts"),
    "same address": ("10.77.2.12", "10.77.2.11", (9, 28), "10.77.2.11 is given to kvm01 too (line 6)", "two hosts"),
    "unknown migration network": ("networks:", "migration_network: migratoin\nnetworks:", (1, 20), "no network", "migration?"),
    "which network": ("networks:\n", "networks:\n  other: {cidr: 10.1.0.0/16}\n", (1, 1), "several networks", "migration_network:"),
    "unknown policy": ("networks:", "policy: defualt\nnetworks:", (1, 9), 'no policy "defualt"', "default?"),
    "missing policy file": ("networks:", "policy: /nonexistent/x.yaml\nnetworks:", (1, 9), "no file /nonexistent/x.yaml", "default, fast, hyperv-cluster"),
    "missing ssh_config": ("networks:", "ssh_config: /nonexistent/c\nnetworks:", (1, 13), "no file /nonexistent/c", "path"),
    "relative ssh_config": ("networks:", "ssh_config: c\nnetworks:", (1, 13), "no absolute path", "from /"),
    "other store": ("networks:", "store: mysql://h/d\nnetworks:", (1, 8), "SQLite or PostgreSQL", "sqlite:////"),
    "relative store": ("networks:", "store: sqlite:///ferry.db\nnetworks:", (1, 8), "absolute path", "sqlite:////"),
    "store with options": ("networks:", "store: sqlite:////f.db?mode=ro\nnetworks:", (1, 8), "absolute path", "sqlite:////"),
    "store on no server": ("networks:", "store: postgresql:///ferry\nnetworks:", (1, 8), "no user", "postgresql://ferry@db1/ferry"),
    "store of no database": ("networks:", "store: postgresql://ferry@db\nnetworks:", (1, 8), "no database", "postgresql://ferry@db1/ferry"),
    "store with a driver": ("networks:", "store: postgresql+psycopg2://ferry@db/f\nnetworks:", (1, 8), "no user", "postgresql://"),
    "store with options of its own": ("networks:", "store: postgresql://f@db/f?options=-cx\nnetworks:", (1, 8), "does not take options", "sslmode"),
    "password of a file": ("networks:", "store_password: {env: X}\nnetworks:", (1, 1), "the store is a file", "Remove"),
    "password in two places": ("networks:", "store: postgresql://f@d/f\nstore_password: {env: X, file: /x}\nnetworks:", (2, 17), "one place", "one of them"),
    "password nowhere": ("networks:", "store: postgresql://f@d/f\nstore_password: {}\nnetworks:", (2, 17), "one place", "one of them"),
    "password in a relative file": ("networks:", "store: postgresql://f@d/f\nstore_password: {file: x}\nnetworks:", (2, 17), "no absolute path", "from /"),
    "password in no variable": ("networks:", "store: postgresql://f@d/f\nstore_password: {env: A-B}\nnetworks:", (2, 17), "no name", "FERRY_STORE_PASSWORD"),
    "tab": ("  kvm02:", "\tkvm02:", (7, 1), "a tab", "spaces"),
    "broken quote": ("  kvm02:", '  "kvm02:', (10, 1), "not YAML", "quote"),
    "colon in a value": ("{cidr: 10.77.2.0/24}", "a: b", (2, 15), "not YAML", "colon"),
    "a second document": ("hosts:", "---\nhosts:", (3, 1), "not YAML", ""),
    "a tag": ("{cidr:", "!!python/object/apply:os.system {cidr:", (2, 14), "the tag", "tags"),
    "a control character": ("10.77.2.12", "10.77\x1b[31m", (9, 33), "control character", "Remove"),
    "an escaped control character": ("10.77.2.12", '"\\e[31m"', (9, 28), "control character", "Remove"),
    "half a character": ("10.77.2.12", '"\\ud800"', (9, 28), "control character", "Remove"),
    "an alias of nothing": ("10.77.2.12", "*nothing", (9, 28), "*nothing stands for nothing", "&nothing"),
    "an alias of itself": ("{migration: 10.77.2.12}", "&a {migration: *a}", (9, 31), "*a stands for nothing", "&a"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), ONE_BY_ONE.values(), ids=ONE_BY_ONE.keys())
def test_one_mistake_one_problem(
    problems: Problems, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in GOOD
    [problem] = problems(GOOD.replace(old, new, 1))
    assert problem.place is not None
    assert saw in problem.saw
    assert (problem.place.line, problem.place.column) == place
    assert fix in problem.fix


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(problems: Problems) -> None:
    text = GOOD.replace("10.77.2.11", "10.9.9.9").replace("uri: qemu+ssh://root@kvm02/system", "uri: x\n    zzz: 1")
    found = problems(f"polcy: lab\n{text}store: mysql://x\n")
    lines = [p.place.line for p in found if p.place]
    assert lines == sorted(lines)
    assert lines == [1, 7, 9, 10, 12]


def test_the_excerpt_ends_with_the_line_in_question(problems: Problems) -> None:
    [problem] = problems(GOOD.replace("10.77.2.12", "10.77.3.12"))
    assert problem.place is not None
    assert problem.place.excerpt == tuple(GOOD.replace("10.77.2.12", "10.77.3.12").splitlines()[6:9])
    assert problem.place.excerpt[-1][problem.place.column - 1 :].startswith("10.77.3.12")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("root@kvm02", "root:hunter2@kvm02"),
        ("networks:", "store: postgresql://ferry:hunter2@db/ferry\nnetworks:"),
        ("networks:", "store: postgresql://ferry@db/ferry?password=hunter2\nnetworks:"),
        ("networks:", "store: postgresql://ferry@db/ferry?user=x&sslpassword=hunter2\nnetworks:"),
        ("networks:", "store_password: hunter2\nnetworks:"),
        ("networks:", "store: sqlite://ferry:hunter2@/ferry.db\nnetworks:"),
        (
            "    addresses: {migration: 10.77.2.12}",
            "    addresses: {migration: 10.77.2.12}\n    ssh: ssh://root:hunter2@x",
        ),
    ],
)
def test_a_password_is_refused_and_never_repeated(problems: Problems, old: str, new: str) -> None:
    found = problems(GOOD.replace(old, new, 1))
    assert "hunter2" not in repr(found)


class TestHostileText:
    """What would cost memory, time or a traceback."""

    def test_a_bomb_of_aliases(self, problems: Problems) -> None:
        rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
        [problem] = problems("\n".join(rows))
        assert "aliases" in problem.saw

    def test_many_aliases_of_little(self, problems: Problems) -> None:
        [problem] = problems(f"a: &a x\nb: [{', '.join(['*a'] * 51)}]")
        assert "aliases" in problem.saw

    def test_few_aliases_of_much(self, problems: Problems) -> None:
        [problem] = problems(f"a: &a [{', '.join('x' * 1000)}]\nb: [{', '.join(['*a'] * 30)}]")
        assert "aliases" in problem.saw

    @pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "\n".join(" " * i + "a:" for i in range(300))])
    def test_depth(self, problems: Problems, text: str) -> None:
        [problem] = problems(text)
        assert "levels" in problem.saw

    def test_very_many_values(self, problems: Problems) -> None:
        [problem] = problems("a: [" + "x," * 100_000 + "]")
        assert "more than 20000 values" in problem.saw

    def test_a_huge_file(self, problems: Problems) -> None:
        [problem] = problems(b"#" * (2**20 + 1))
        assert "larger than 1 MiB" in problem.saw

    def test_a_very_long_number(self, problems: Problems) -> None:
        assert problems(f"{GOOD}policy: {'9' * 5000}\n")

    @pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
    def test_nothing_at_all(self, problems: Problems, text: str) -> None:
        assert re.search("empty|must be a mapping", problems(text)[0].saw)

    def test_what_is_not_utf8_is_shown_where_it_stands(self, problems: Problems) -> None:
        [problem] = problems(GOOD.encode() + b"# caf\xe9\n")
        assert problem.place is not None
        assert (problem.place.line, problem.place.column) == (10, 6)
        assert "0xe9" in problem.saw

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_no_text_ends_in_a_traceback(self, problems: Problems, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(GOOD)))
        end = data.draw(st.integers(start, min(len(GOOD), start + 30)))
        piece = data.draw(
            st.text(max_size=12) | st.sampled_from(["&a ", "*a", "!!x", "? ", "- ", "|", "\t", "'", "}", "%"])
        )
        text = GOOD[:start] + piece + GOOD[end:]
        report = Report()
        parse(Source("f", text.encode("utf-8", "replace").decode()), report)
        try:
            found = problems(text.encode("utf-8", "surrogatepass"))
        except BaseException as error:
            assert "DID NOT RAISE" in str(error), text  # a change that does no harm
        else:
            assert found
