"""Errors of libvirt as real daemons and ssh gave them."""

import libvirt
import pytest

from orchestrator.hypervisor import failures
from orchestrator.model.effect import Refused, Unclear
from orchestrator.model.host import HostEntry, HostName
from tests.unit.hypervisor.fakes import error

ENTRY = HostEntry(name=HostName("kvm01"), uri="qemu+ssh://root@kvm01/system", peer_uri="", ssh="kvm01")
RPC = libvirt.VIR_FROM_RPC


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Cannot recv data: root@10.77.1.11: Permission denied (publickey).\r: Connection reset by peer",
            "root@10.77.1.11: Permission denied (publickey).",
        ),
        (
            "Cannot recv data: No ED25519 host key is known for 10.77.1.11 and you have requested strict checking.\r\n"
            "Host key verification failed.\r: Connection reset by peer",
            "No ED25519 host key is known for 10.77.1.11 and you have requested strict checking.; "
            "Host key verification failed.",
        ),
        (
            "Cannot recv data: @@@@@@@@@\r\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\n@@@@@@@@@\r\n"
            "IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n"
            "Host key for 10.77.1.11 has changed and you have requested strict checking.\r\n"
            "Host key verification failed.\r: Connection reset by peer",
            "Host key for 10.77.1.11 has changed and you have requested strict checking.; "
            "Host key verification failed.",
        ),
        ("authentication failed: Failed to verify peer's certificate", "Failed to verify peer's certificate"),
        ("Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", None),
    ],
)
def test_credentials_are_named_in_the_words_of_whoever_refused(text: str, why: str | None) -> None:
    said = failures.unknown(error(38, text, RPC), ENTRY)
    assert said.code == "host.credentials"
    assert said.leg == "controller to kvm01, libvirt over ssh"
    assert said.why == (why or text)


@pytest.mark.parametrize(
    "text",
    [
        "Cannot recv data: ssh: connect to host 10.77.1.99 port 22: No route to host\r: Connection reset by peer",
        "unable to connect to server at 'kvm01:16509': Connection refused",
        "End of file while reading data: virt-ssh-helper: cannot connect to '/var/run/libvirt/libvirt-sock': "
        "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory: Input/output error",
    ],
)
def test_the_rest_is_unreachable(text: str) -> None:
    said = failures.unknown(error(38, text, RPC), ENTRY)
    assert said.code == "host.unreachable"
    assert not said.why.startswith(("Cannot recv", "End of file")) and not said.why.endswith("peer")


def test_a_jump_that_failed_is_told_in_the_words_of_the_ssh_that_made_it() -> None:
    aftermath = (
        "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535"
    )
    text = (
        "Cannot recv data: ssh: connect to host 10.77.1.10 port 22: Connection refused\r\n"
        f"{aftermath}\r: Connection reset by peer"
    )
    assert failures.unknown(error(38, text, RPC), ENTRY).why == (
        "ssh: connect to host 10.77.1.10 port 22: Connection refused"
    )
    alone = failures.unknown(error(38, f"Cannot recv data: {aftermath}\r: Connection reset by peer", RPC), ENTRY)
    assert alone.why == "kex_exchange_identification: Connection closed by remote host; Connection closed"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "Connection timed out during banner exchange\r\nConnection to UNKNOWN port 65535 timed out",
            "Connection timed out during banner exchange",
        ),
        ("Connection to UNKNOWN port 65535 timed out", "Connection timed out"),
        ("Connection reset by UNKNOWN port 65535", "Connection reset"),
        ("Connection to 10.77.1.11 port 22 timed out", "Connection to 10.77.1.11 port 22 timed out"),
    ],
)
def test_a_port_that_nobody_knows_is_not_told(text: str, why: str) -> None:
    assert failures.unknown(error(38, f"Cannot recv data: {text}\r: Connection reset by peer", RPC), ENTRY).why == why


@pytest.mark.parametrize(
    ("uri", "leg"),
    [
        ("qemu+tls://kvm01/system", "controller to kvm01, libvirt over tls"),
        ("qemu:///system", "controller to kvm01, libvirt"),
    ],
)
def test_the_leg(uri: str, leg: str) -> None:
    assert failures.leg(HostEntry(name=HostName("kvm01"), uri=uri, peer_uri="", ssh="")) == leg


@pytest.mark.parametrize("code", [42, 55, 67, 74, 81, 84, 91])
def test_refusals(code: int) -> None:
    assert isinstance(failures.effect(error(code, "no")), Refused)


@pytest.mark.parametrize(
    ("code", "domain", "text"),
    [
        (38, RPC, "Cannot recv data: Connection reset by peer"),
        (1, RPC, "internal error: client socket is closed"),
        (9, 10, "operation failed: job 'migration out' failed: Unable to write to socket: Bad file descriptor"),
        (68, 10, "Timed out during operation: cannot acquire state change lock"),
        (78, 10, "operation aborted: job 'migration out' canceled by client"),
    ],
)
def test_what_may_have_happened_is_unclear(code: int, domain: int, text: str) -> None:
    assert isinstance(failures.effect(error(code, text, domain)), Unclear)


def test_a_name_that_is_taken_is_a_refusal_although_its_code_is_not() -> None:
    text = "operation failed: domain 'web' already exists with uuid 3b1c"
    assert isinstance(failures.effect(error(9, text)), Refused)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (74, "argument unsupported: parameter 'compression.zstd.level' not supported"),
        (8, "invalid argument: Unsupported compression method 'zstd'"),
        (1, "internal error: unable to execute QEMU command 'migrate-set-capabilities': Postcopy is not supported"),
        (1, "internal error: unable to execute QEMU command 'object-add': Unable to access credentials /etc/pki/x"),
        (
            1,
            "internal error: unable to execute QEMU command 'migrate-incoming': RDMA ERROR: could not create rdma "
            "event channel",
        ),
        (38, "cannot limit locked memory of process 480 to 201326592: Operation not permitted"),
    ],
)
def test_what_a_host_cannot_do_is_refused_as_such(code: int, text: str) -> None:
    said = failures.effect(error(code, text))
    assert isinstance(said, Refused) and said.unsupported


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (8, "invalid argument: Turn xbzrle compression on to tune it"),
        (55, "Requested operation is not valid: domain is not running"),
        (
            1,
            "internal error: unable to execute QEMU command 'migrate-start-postcopy': Enable postcopy with "
            "migrate_set_capability before the start of migration",
        ),
        (
            1,
            "internal error: unable to execute QEMU command 'migrate-incoming': Failed to bind socket: Cannot assign "
            "requested address",
        ),
    ],
)
def test_other_refusals_say_nothing_about_the_host(code: int, text: str) -> None:
    said = failures.effect(error(code, text))
    assert isinstance(said, Refused) and not said.unsupported


def test_an_error_of_the_copy_itself_is_no_refusal() -> None:
    text = "internal error: unable to execute QEMU command 'migrate': Connection refused"
    assert isinstance(failures.effect(error(1, text)), Unclear)
