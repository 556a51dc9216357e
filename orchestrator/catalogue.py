"""Every error an operator can meet: one line each."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One line of the catalogue: what it means, usual causes, what to do, and the exit code it asks for."""

    symptom: str
    causes: str
    fix: str
    exit_code: int


CATALOGUE: Mapping[str, Code] = {
    "usage.command-line": Code(
        symptom="The command line is not understood; nothing was contacted or changed.",
        causes="An unknown command or option, a value that is not among those allowed, or options that exclude others.",
        fix="Add --help to the command to see what it takes.",
        exit_code=2,
    ),
    "usage.ambiguous-guest": Code(
        symptom="More than one guest carries that name; ferry never guesses.",
        causes="Two guests of one name on two hosts, or a stale definition left by an earlier move.",
        fix="Name it HOST/NAME or by UUID: ferry guests",
        exit_code=2,
    ),
    "usage.unknown-host": Code(
        symptom="The configuration has no such host.",
        causes="A typing error, or a host that was never added.",
        fix="ferry hosts",
        exit_code=2,
    ),
    "usage.same-host": Code(
        symptom="Source and destination are the same host.",
        causes="The guest already runs where it should go.",
        fix="ferry guests",
        exit_code=2,
    ),
    "usage.needs-yes": Code(
        symptom="A changing command needs consent, and there is no terminal to ask on.",
        causes="Run from cron, a pipe or a script without --yes.",
        fix="Add --yes, or look first with --dry-run.",
        exit_code=2,
    ),
    "usage.override-limits": Code(
        symptom="The limits cannot be raised like that; nothing was begun.",
        causes="A limit that does not exist or that the policy does not set, or a number below the policy's.",
        fix="ferry policy show",
        exit_code=2,
    ),
    "usage.unknown-code": Code(
        symptom="There is no error code, check or state of that name.",
        causes="A typing error.",
        fix="ferry explain --list",
        exit_code=2,
    ),
    "usage.hold": Code(
        symptom="That hold cannot be put or lifted; nothing was changed.",
        causes="A name that is no host and no entry of the schedule, an end that is over, or a hold that is gone.",
        fix="ferry status",
        exit_code=2,
    ),
    "usage.unknown-run": Code(
        symptom="The store has no run of that name.",
        causes="A typing error, or another store.",
        fix="ferry history",
        exit_code=2,
    ),
    "usage.nothing-held": Code(
        symptom="The run holds no guest for a person to choose a copy of.",
        causes="It ended well, it waits for a silent host (ferry resume asks again), or it has been resolved already.",
        fix="ferry history RUN",
        exit_code=2,
    ),
    "usage.facts": Code(
        symptom="The file of saved facts cannot be used.",
        causes="It was cut off, saved without the guest that is asked about, or written by another version of ferry.",
        fix="Save the facts anew, with every guest that is meant: ferry facts GUEST --save FILE",
        exit_code=2,
    ),
    "usage.saved-facts": Code(
        symptom="Saved facts allow no change and no question to a host.",
        causes="--facts was given to a command that changes something.",
        fix="Leave --facts out.",
        exit_code=2,
    ),
    "usage.no-remedy": Code(
        symptom="There is no finding of that name that ferry could repair.",
        causes="A typing error, a finding that only a person can repair, or one that is gone already.",
        fix="Look at the findings that end in --fix: ferry check GUEST",
        exit_code=2,
    ),
    "usage.unknown-network": Code(
        symptom="A host of the run has no address on that network.",
        causes="A typing error, or a network that ferry.yaml does not give to every host.",
        fix="Look under networks: and at the addresses: of the hosts in ferry.yaml",
        exit_code=2,
    ),
    "usage.mixed-groups": Code(
        symptom="The hosts belong to several groups, and groups are never mixed unasked.",
        causes="The command was given for all hosts, and the configuration has hosts of more than one group.",
        fix="Name one group with --group, or the hosts themselves with --hosts.",
        exit_code=2,
    ),
    "usage.unknown-baseline": Code(
        symptom="The store has no such CPU baseline.",
        causes="A typing error, or none has been saved yet.",
        fix="ferry cpu baseline --save NAME",
        exit_code=2,
    ),
    "usage.nothing-moves": Code(
        symptom="No open run has that name, and none moves a guest of that name.",
        causes="A typing error, or the move is over already.",
        fix="ferry status",
        exit_code=2,
    ),
    "usage.order": Code(
        symptom="The order cannot be given like this; nothing was changed.",
        causes="A value out of bounds, or an order for a run that was given to a guest, or the other way round.",
        fix="ferry set --help",
        exit_code=2,
    ),
    "usage.beyond-budget": Code(
        symptom="The downtime asked for is longer than the policy allows; nothing was changed.",
        causes="The policy's downtime_budget is the most that its owner consents to.",
        fix="Ask for less, or consent to the longer pause: --beyond-budget",
        exit_code=2,
    ),
    "config.missing": Code(
        symptom="There is no configuration file.",
        causes="ferry has not been set up for this user, or --config names a file that does not exist.",
        fix="Write /etc/ferry/ferry.yaml (docs/reference/configuration.md), or give --config FILE.",
        exit_code=3,
    ),
    "config.invalid": Code(
        symptom="The configuration is refused; no host was contacted.",
        causes="A value or key that ferry does not understand.",
        fix="Mend the place that is shown.",
        exit_code=3,
    ),
    "config.same-machine": Code(
        symptom="Two hosts of the configuration are one machine.",
        causes="A host listed twice under two names, or cloned machines with the same host UUID or machine-id.",
        fix="Remove one entry, or give the clone its own host_uuid (libvirtd.conf) and machine-id.",
        exit_code=3,
    ),
    "store.unavailable": Code(
        symptom="The journal cannot be read or written; nothing new is started, what has begun goes on.",
        causes="The file is missing, read-only, full, on a network file system, locked; or the server is away.",
        fix="Look at the place that is shown: ls -l, df, mount; pg_isready.",
        exit_code=6,
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
    "lease.held": Code(
        symptom="Another ferry is working on this run.",
        causes="It still runs, on this or another controller.",
        fix="ferry status",
        exit_code=75,
    ),
    "lease.on-hold": Code(
        symptom="A person holds this back; nothing was begun.",
        causes="Somebody works on the host, or has put the schedule off.",
        fix="ferry status; ask who put the hold, then: ferry release NAME",
        exit_code=75,
    ),
    "control.refused": Code(
        symptom="The run does not obey the order; it goes on as before.",
        causes="What the order is for was over by the time it was read.",
        fix="ferry status",
        exit_code=1,
    ),
    "control.no-postcopy": Code(
        symptom="This move cannot switch to post-copy; it goes on as before.",
        causes="The policy does not allow it, or the copy was begun without that possibility.",
        fix="Allow it in the policy (postcopy: true) for the next move; now: ferry set GUEST --downtime TIME",
        exit_code=5,
    ),
    "control.unanswered": Code(
        symptom="The process that drives the run has not taken the order yet; the order stays in the queue.",
        causes="It runs on another controller that is cut off from the store, or it is about to end.",
        fix="ferry status; give the order again once the lease has ended, and it is carried out here",
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
    "plan.empty": Code(
        symptom="The plan is not kept: it would do nothing.",
        causes="Every guest it was asked for stays, or is where it should be already.",
        fix="See what speaks against it: the same command with --dry-run alone",
        exit_code=5,
    ),
    "plan.unknown": Code(
        symptom="There is no stored plan of that name.",
        causes="A typing error, or the plan was kept in another store.",
        fix="ferry apply",
        exit_code=2,
    ),
    "plan.unreadable": Code(
        symptom="The stored plan cannot be read; nothing was begun.",
        causes="Another version of ferry has kept it.",
        fix="Plan anew under the same name: add --dry-run --save NAME to the command",
        exit_code=5,
    ),
    "plan.drifted": Code(
        symptom="The world is not as it was when the plan was made; nothing was begun.",
        causes="Guests were moved, started, stopped or changed since, or a host, a cordon or the policy has changed.",
        fix="Plan anew under the same name: add --dry-run --save NAME to the command",
        exit_code=5,
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
    "limits.reached": Code(
        symptom="The move was not begun: a limit is reached, and the policy has it refused; the guest is where it was.",
        causes="Other moves, of any ferry or of somebody else, hold what it needs (limits.over: refuse).",
        fix="Try again later, or let moves wait for each other (over: queue in the limits of the policy).",
        exit_code=75,
    ),
    "limits.no-slot": Code(
        symptom="No such slot is taken; nothing was changed.",
        causes="A typing error, or it has come free meanwhile. A slot is called GUEST@HOST, after each of its ends.",
        fix="ferry status --slots",
        exit_code=2,
    ),
    "limits.slot-held": Code(
        symptom="The slot is not to be released: somebody still uses it; nothing was changed.",
        causes="The process that drives the run lives, or the host answers and shows the migration.",
        fix="ferry status --slots",
        exit_code=75,
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
    "evacuation.roll-overlaps": Code(
        symptom="Another roll that goes on has one of these hosts, or its command still runs there; nothing was begun.",
        causes="Until it is over its hosts are its own.",
        fix="ferry rolling; then: ferry resume ROLL",
        exit_code=75,
    ),
    "evacuation.roll-rests": Code(
        symptom="A roll that is not over has one of these hosts, and nobody works on it; nothing was begun.",
        causes="It was stopped, failed, or its process died; or nobody can say whether its command still runs.",
        fix="ferry rolling; then: ferry resume ROLL",
        exit_code=5,
    ),
    "evacuation.deadline": Code(
        symptom="The move was not begun: it would not have been over by the deadline; the guest is where it was.",
        causes="A deadline that is near, a large guest, a slow network.",
        fix="Ask again with a later --deadline, or without one.",
        exit_code=1,
    ),
    "evacuation.hook": Code(
        symptom="A script of the operator refused it (before-guest, before-host); the guest is where it was.",
        causes="The script ended with another status than 0, was not done in time, or everybody may write to it.",
        fix="See what it says, and run it by hand; hooks: of ferry.yaml names its directory.",
        exit_code=1,
    ),
    "evacuation.running": Code(
        symptom="The host is being emptied, or filled again, by another ferry; nothing was changed.",
        causes="It still runs, on this or another controller.",
        fix="ferry status",
        exit_code=75,
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
    "network.other-path": Code(
        symptom="The memory of a guest did not leave by the network that was ordered for it.",
        causes="A route on the source that leads to the destination's address by another interface, or policy routing.",
        fix="Look at the route on the source: ip route get ADDRESS; then give it an address on the migration network",
        exit_code=0,
    ),
    "guest.left-behind": Code(
        symptom="The guest has moved, but something that belongs to it has not come along.",
        causes="libvirt refused to remove the definition at the source or to set it up at the destination.",
        fix="Do by hand what the warning names.",
        exit_code=1,
    ),
    "ferry.bug": Code(
        symptom="A bug in ferry. Guests are where the hosts say they are; a copy in flight goes on.",
        causes="An error nobody foresaw.",
        fix="Report it with the log that is named; then ferry status",
        exit_code=70,
    ),
}
