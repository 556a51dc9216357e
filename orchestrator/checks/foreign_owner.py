"""Other managers of guests: what betrays them, how bad that is, and how each is asked to step aside."""

from dataclasses import dataclass

from orchestrator.checks.remedy import on
from orchestrator.model.finding import Severity
from orchestrator.model.host import HostEntry
from orchestrator.model.policy import Policy


@dataclass(frozen=True, slots=True)
class _Manager:
    """What it calls itself, what shows its work on a host, and part of the namespace of its metadata in a guest."""

    title: str
    question: tuple[str, ...] = ("ps", "-e")
    namespace: str | None = None


# By the name that the survey gives them.
_MANAGERS = {
    "pacemaker": _Manager("Pacemaker", ("crm_mon", "--one-shot", "--inactive")),
    "ovirt": _Manager("oVirt", ("systemctl", "status", "vdsmd"), "ovirt.org"),
    "openstack": _Manager("OpenStack", ("systemctl", "status", "nova-compute"), "openstack.org"),
    "proxmox": _Manager("Proxmox VE", ("qm", "list"), "proxmox.com"),
    "kubevirt": _Manager("KubeVirt", namespace="kubevirt.io"),
    "opennebula": _Manager("OpenNebula", namespace="opennebula.org"),
    "cloudstack": _Manager("CloudStack", ("systemctl", "status", "cloudstack-agent")),
}


def how_bad(policy: Policy) -> Severity:
    """What the policy makes of a second manager."""
    return Severity.BLOCKER if policy.other_managers == "refuse" else Severity.WARNING


def title(name: str) -> str:
    """The manager as it calls itself."""
    return _manager(name).title


def manager_of(namespace: str) -> str | None:
    """The manager that writes metadata of this namespace."""
    wanted = namespace.lower()
    return next((name for name, one in _MANAGERS.items() if one.namespace and one.namespace in wanted), None)


def step_aside(name: str, entry: HostEntry) -> str:
    """What to do about that manager on that host."""
    return (
        f"Move its guests with {title(name)} itself, or have it let go of them first (maintenance mode, unmanaged "
        f"resources). To look: {on(entry, *_manager(name).question)}"
    )


def _manager(name: str) -> _Manager:
    return _MANAGERS.get(name.lower(), _Manager(name))
