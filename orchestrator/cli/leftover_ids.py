"""What `ferry doctor --leftovers` may find, by the id it shows. docs/how-to/doctor.md has the same table."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """means, cleaned: as the table of the page says them. act: what a person does."""

    means: str
    cleaned: str
    act: str


LEFTOVERS: Mapping[str, Leftover] = {
    "runs-twice": Leftover(
        means="one UUID is live on two hosts, and no host is sending it: exit code 7",
        cleaned="never",
        act="Look at both copies, decide which one is right, and end the other by hand. Where a run of ferry holds the "
        "guest (`ferry status`, `ferry history`): `ferry resolve RUN GUEST --keep source|destination --dry-run`.",
    ),
    "leftover-incoming": Leftover(
        means="a paused copy waits for memory that no host sends: exit code 7; a warning while a host is silent that "
        "might send it",
        cleaned="never",
        act="See first that nothing is on its way (`ferry status`, `virsh domjobinfo` where the guest lives) and where "
        "the guest lives; only then end the waiting copy, as the finding says.",
    ),
    "autostarts-twice": Leftover(
        means="two hosts would start the same guest when they boot",
        cleaned="no: the command is shown, for the host where it does not run",
        act="Run the command of the finding: `virsh autostart --disable GUEST` on the host where it does not belong.",
    ),
    "leftover-tpm": Leftover(
        means="`/var/lib/libvirt/swtpm/UUID` of a guest that this host does not know",
        cleaned="if proven dead: renamed",
        act="`ferry doctor --leftovers --clean` sets it aside where it is proven dead. Otherwise look at it before you "
        "decide: it may be all there is of the guest's keys.",
    ),
    "leftover-token": Leftover(
        means="a file `.ferry-…` by which a check tried whether two hosts see one directory, older than 10 minutes",
        cleaned="removed",
        act="`ferry doctor --leftovers --clean`",
    ),
    "leftover-volume": Leftover(
        means="an image in a storage pool of kind `dir` that no guest uses",
        cleaned="never",
        act="Find out whose it is; that no guest names it does not prove that nobody needs it. Then remove it by hand: "
        "`virsh vol-delete --pool POOL FILE`.",
    ),
}
