"""The way out of silence names the host's own connection, whatever the code of the silence is."""

import pytest

from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.unknown import Unknown
from orchestrator.planning.silence import by_hand, silence

HOST = HostName("kvm01")
ENTRY = HostEntry(name=HOST, uri="qemu+ssh://root@kvm01/system?a=1&b=2", peer_uri="", ssh="root@10.0.0.1", addresses={})


@pytest.mark.parametrize("code", ["host.unreachable", "host.credentials"])
def test_the_fix_can_be_pasted(code: str) -> None:
    problem = silence(HOST, Unknown(why="no route", code=code), {HOST: ENTRY})
    assert problem.saw == "kvm01 does not answer, so its guests are not known: no route"
    assert "virsh -c 'qemu+ssh://root@kvm01/system?a=1&b=2' version" in problem.fix and "URI" not in problem.fix
    assert ("ssh root@10.0.0.1 true" in problem.fix) == (code == "host.credentials")


def test_a_host_that_is_not_configured_keeps_the_words() -> None:
    assert "virsh -c URI version" in by_hand("host.unreachable", None)


def test_nothing_need_follow() -> None:
    assert silence(HOST, Unknown(why="no route"), {}, so="").saw == "kvm01 does not answer: no route"
