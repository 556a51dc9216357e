"""The way out of silence names the host's own connection, whatever the code of the silence is."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.unknown import Unknown
from orchestrator.planning.resolve import resolve
from orchestrator.planning.silence import by_hand, silence

HOST = HostName("kvm01")
ENTRY = HostEntry(name=HOST, uri="qemu+ssh://root@kvm01/system?a=1&b=2", peer_uri="", ssh="root@10.0.0.1", addresses={})


@pytest.mark.parametrize("code", ["host.unreachable", "host.credentials"])
def test_the_fix_can_be_pasted(code: str) -> None:
    problem = silence(HOST, Unknown(why="no route", code=code), {HOST: ENTRY})
    assert problem.saw == "kvm01 does not answer, so its guests are not known: no route"
    assert "virsh -c 'qemu+ssh://root@kvm01/system?a=1&b=2' version" in problem.fix and "URI" not in problem.fix
    assert ("ssh root@10.0.0.1 true" in problem.fix) == (code == "host.credentials")


@pytest.mark.parametrize("name", ["kvm01/web", "web"])
def test_a_guest_that_a_silent_host_may_have(name: str) -> None:
    with pytest.raises(OrchestratorError) as caught:
        resolve(name, Facts(hosts={HOST: Unknown(why="no route")}), {HOST: ENTRY})
    assert "version" in caught.value.problems[0].fix and "a=1&b=2" in caught.value.problems[0].fix


def test_a_host_that_is_not_configured_keeps_the_words() -> None:
    assert "virsh -c URI version" in by_hand("host.unreachable", None)


def test_nothing_need_follow() -> None:
    assert silence(HOST, Unknown(why="no route"), {}, so="").saw == "kvm01 does not answer: no route"
