"""Hosts, networks and the store that do not answer, or not as they should."""

from collections.abc import Mapping

from orchestrator.catalogue.code import Code

HOSTS: Mapping[str, Code] = {
    "store.unavailable": Code(
        symptom="The journal cannot be read or written; nothing new is started, what has begun goes on.",
        causes="The file is missing, read-only, full, on a network file system, locked; or the server is away.",
        fix="Look at the place that is shown: ls -l, df, mount; pg_isready.",
        exit_code=6,
    ),
    "store.driver": Code(
        symptom="The store is on a PostgreSQL server, and ferry cannot speak to one.",
        causes="ferry was installed without the driver, or into another Python environment than this one.",
        fix="In ferry's source, with the pip of the environment that ferry runs in: pip install '.[postgres]'",
        exit_code=3,
    ),
    "store.password": Code(
        symptom="The password of the store cannot be taken from where the configuration says.",
        causes="The file or variable is missing or empty, or other users may read the file.",
        fix="Mend the place that is shown; docs/how-to/store-postgresql.md",
        exit_code=3,
    ),
    "store.corrupt": Code(
        symptom="What is in place of the store is not a ferry store, or is damaged.",
        causes="Another program's file, a broken disk, a copy made while it was written.",
        fix="Keep the file, restore a copy, or name another store in the configuration.",
        exit_code=3,
    ),
    "store.newer": Code(
        symptom="The store was written by a newer ferry; this one leaves it alone.",
        causes="ferry was upgraded elsewhere and this installation was not.",
        fix="Upgrade this ferry.",
        exit_code=3,
    ),
    "store.fence-lost": Code(
        symptom="Another process has taken this run over; this one leaves, guests untouched.",
        causes="This process was stopped or slow for longer than its lease.",
        fix="ferry status",
        exit_code=75,
    ),
    "host.unreachable": Code(
        symptom="A host does not answer.",
        causes="It is down, the network is cut, or its libvirt daemon hangs or is stopped.",
        fix="See that the host is up and its network is there (console, ping), then try the same connection by hand: "
        "virsh -c URI version",
        exit_code=6,
    ),
    "host.credentials": Code(
        symptom="A host refuses the log-in, or its identity is not the known one.",
        causes="A missing or wrong SSH key or certificate, or a host key that is unknown or has changed.",
        fix="Try the named connection by hand (virsh -c URI version; ssh DESTINATION true); ferry never adds a host "
        "key by itself.",
        exit_code=6,
    ),
    "host.shell": Code(
        symptom="A host answers libvirt, but a command over SSH fails.",
        causes="The `ssh` destination of the host is wrong, or its account may not log in.",
        fix="Try it by hand: ssh DESTINATION true",
        exit_code=6,
    ),
    "host.path": Code(
        symptom="One host does not reach the other on the network that memory would take.",
        causes="A cut cable, a switch port or interface that is down, a wrong address or route, a filter in between.",
        fix="See cable, switch port and address at both ends (ip -brief address), and that ping is let through.",
        exit_code=6,
    ),
    "host.cordoned": Code(
        symptom="The move was not begun: its destination is cordoned; the guest is where it was.",
        causes="Somebody needs that host empty, and has cordoned it after the move was planned.",
        fix="Move the guest elsewhere, or wait; see who put the cordon: ferry hosts. To lift it: ferry uncordon HOST",
        exit_code=1,
    ),
    "host.cordon-held": Code(
        symptom="The cordon is not to be lifted: a run that goes on, or a roll, relies on it; nothing was changed.",
        causes="A process works on the empty host; or a roll gave its command there, and has not seen it well since.",
        fix="ferry status",
        exit_code=75,
    ),
    "host.no-common-cpu": Code(
        symptom="There is no CPU that all chosen hosts offer.",
        causes="Processors of different makers or architectures, or a model that one of the hosts lacks.",
        fix="Choose fewer hosts (ferry cpu baseline --hosts A,B) or a smaller model (--model x86-64-v2).",
        exit_code=5,
    ),
    "host.libvirt": Code(
        symptom="A host's libvirt answers, but cannot say what it was asked.",
        causes="A part of libvirt that is not installed or not running there, or a question that its version lacks.",
        fix="Read the quoted message; on the host: journalctl -u libvirtd -u 'virt*d'",
        exit_code=6,
    ),
    "network.other-path": Code(
        symptom="The memory of a guest did not leave by the network that was ordered for it.",
        causes="A route on the source that leads to the destination's address by another interface, or policy routing.",
        fix="Look at the route on the source: ip route get ADDRESS; then give it an address on the migration network",
        exit_code=0,
    ),
}
