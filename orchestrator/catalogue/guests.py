"""What may become of a guest and its move."""

from collections.abc import Mapping

from orchestrator.catalogue.code import Code

GUESTS: Mapping[str, Code] = {
    "migration.refused": Code(
        symptom="libvirt refused the migration; the guest runs on at the source.",
        causes="A condition that only libvirt or QEMU can see.",
        fix="Read the quoted message; then ferry check GUEST --to HOST",
        exit_code=1,
    ),
    "migration.failed": Code(
        symptom="The migration broke off; the guest runs on at the source.",
        causes="The network between the hosts, a full or failing destination, or a daemon that was restarted.",
        fix="ferry check GUEST --to HOST, then migrate again",
        exit_code=1,
    ),
    "migration.drifted": Code(
        symptom="The guest is no longer as it was when the move was planned; nothing was begun.",
        causes="Somebody stopped, moved or changed the guest between the plan and the start.",
        fix="ferry guests, then plan again",
        exit_code=5,
    ),
    "migration.too-long": Code(
        symptom="The copy did not finish within max_duration and was cancelled; the guest runs on at the source.",
        causes="The guest changes memory faster than the network carries it.",
        fix="Move it at a quieter time, or raise max_duration or bandwidth in the policy.",
        exit_code=1,
    ),
    "migration.not-converging": Code(
        symptom="The guest changes memory too fast to be moved within the downtime budget; it runs on at the source.",
        causes="A busy guest, a slow or shared link, a policy that allows neither throttling, post-copy nor a pause.",
        fix="Move it at a quieter time, or allow more in the policy: downtime_budget, postcopy, convergence.pause.",
        exit_code=1,
    ),
    "migration.over-budget": Code(
        symptom="The guest has moved, but it stood still for longer than the downtime budget.",
        causes="Hosts that are busy, a network that became slower in the last moment, or compression that lags behind.",
        fix="Give the move more bandwidth or quieter hosts; or another transport: ferry policy explain GUEST",
        exit_code=0,
    ),
    "migration.stalled": Code(
        symptom="No memory arrived any more, so the copy was cancelled; the guest runs on at the source.",
        causes="A cut link, a filtered migration port, or a destination that hangs. libvirt itself reports no error.",
        fix="ferry check GUEST --to HOST",
        exit_code=1,
    ),
    "migration.destination-silent": Code(
        symptom="The destination's libvirt stopped answering, so the copy was cancelled before the guest changed over.",
        causes="A daemon that hangs, or a host that is overloaded. Handed over to it, the guest could run twice.",
        fix="Look at the daemon on that host, then migrate again.",
        exit_code=1,
    ),
    "migration.postcopy-paused": Code(
        symptom="The guest runs at the destination, with memory still at the source, and the path is broken.",
        causes="The migration network failed after the switch to post-copy. Both halves are kept.",
        fix="Mend the network, then: ferry resume   Never destroy either side.",
        exit_code=7,
    ),
    "guest.half-lost": Code(
        symptom="A part of the guest's memory is gone with one of the two hosts, in the middle of a post-copy.",
        causes="A host or a QEMU process died after the switch to post-copy, which needs both until the last page.",
        fix="It cannot be made whole: end what is left (virsh destroy GUEST) and start it again from its disks.",
        exit_code=7,
    ),
    "migration.cancelled": Code(
        symptom="The move was stopped on request; the guest runs on at the source.",
        causes="Ctrl-C or another order of an operator.",
        fix="ferry migrate GUEST --to HOST",
        exit_code=1,
    ),
    "migration.interrupted": Code(
        symptom="The run was interrupted before this move had begun; the guest runs at the source.",
        causes="The ferry process was killed.",
        fix="ferry migrate GUEST --to HOST",
        exit_code=1,
    ),
    "guest.unknown": Code(
        symptom="No host that was asked has a guest of that name or UUID.",
        causes="A typing error, or a guest on a host that is not in the configuration.",
        fix="ferry guests",
        exit_code=4,
    ),
    "guest.fixed-definition": Code(
        symptom="The guest's definition cannot be changed now; nothing was changed.",
        causes="A transient guest has none, and one that is being moved or received is left alone.",
        fix="ferry guests",
        exit_code=4,
    ),
    "guest.ended": Code(
        symptom="The guest shut itself down during the move.",
        causes="Its user or its own operating system stopped it.",
        fix="Nothing, or start it: virsh start GUEST",
        exit_code=0,
    ),
    "guest.crashed": Code(
        symptom="The guest was lost during the move: neither host runs it.",
        causes="Its QEMU process or its host died.",
        fix="Look at /var/log/libvirt/qemu/GUEST.log on both hosts; a person starts it again: virsh start GUEST",
        exit_code=7,
    ),
    "guest.gone": Code(
        symptom="Neither host has the guest any more, and nothing tells how it ended.",
        causes="It ended (a transient guest leaves no trace), a person ended it, or somebody moved it elsewhere.",
        fix="ferry guests",
        exit_code=7,
    ),
    "guest.runs-twice": Code(
        symptom="Both hosts have the guest active. ferry destroys neither copy; what it suspended is said under Saw.",
        causes="The destination's libvirt hung at the switchover, or its answer was lost: the source resumed its copy.",
        fix="See the evidence and choose: ferry resolve RUN GUEST --keep source|destination --dry-run",
        exit_code=7,
    ),
    "guest.contradiction": Code(
        symptom="The hosts contradict each other about the guest; ferry leaves everything as it is.",
        causes="A daemon or host that failed in the middle of the switchover.",
        fix="Look at both hosts (virsh list --all), then choose: ferry resolve RUN GUEST --keep source|destination",
        exit_code=7,
    ),
    "guest.side-silent": Code(
        symptom="One of the two hosts stopped answering during the move, so the outcome is not known yet.",
        causes="A host or network that failed meanwhile.",
        fix="ferry resume, once the host answers again",
        exit_code=6,
    ),
    "guest.not-advancing": Code(
        symptom="The guest arrived, but its virtual CPUs have not run for a second.",
        causes="The guest hangs, or happens to be entirely idle.",
        fix="Look at its console: virsh console GUEST",
        exit_code=1,
    ),
    "guest.arrived-paused": Code(
        symptom="The guest ran before the move and stands still at the destination.",
        causes="Somebody paused it meanwhile, an I/O error stopped it, or its host did not start it when told to.",
        fix="Find out why (virsh domstate GUEST --reason), then: virsh resume GUEST, or if ferry is to: ferry resume",
        exit_code=7,
    ),
    "guest.unreachable": Code(
        symptom="The guest has moved and runs, but does not answer from outside any more.",
        causes="Its bridge leads elsewhere at the destination, a VLAN or a filter keeps it out, or it hangs.",
        fix="Look at its console and its bridge there, or move it back: ferry migrate GUEST --to SOURCE",
        exit_code=1,
    ),
    "guest.not-shut-down": Code(
        symptom="The guest did not shut itself down in time, so it was not moved; it runs on at the source.",
        causes="It ignores the power button, runs no guest agent, or waits for its own services.",
        fix="Shut it down from inside, then: ferry migrate GUEST --to HOST --offline   Or: --shutdown-timeout 10m",
        exit_code=1,
    ),
    "guest.left-off": Code(
        symptom="The guest ran before the move and is shut off now: it could not be started again.",
        causes="The host lacks something that the guest needs to start: a device, a disk, memory, its CPU.",
        fix="Do what libvirt said, then: virsh start GUEST   Or: ferry migrate GUEST --to SOURCE --offline",
        exit_code=7,
    ),
    "guest.left-behind": Code(
        symptom="The guest has moved, but something that belongs to it has not come along.",
        causes="libvirt refused to remove the definition at the source or to set it up at the destination.",
        fix="Do by hand what the warning names.",
        exit_code=1,
    ),
}
