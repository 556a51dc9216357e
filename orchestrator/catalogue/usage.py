"""What is asked or configured wrongly, and ferry's own mistakes."""

from collections.abc import Mapping

from orchestrator.catalogue.code import Code

USAGE: Mapping[str, Code] = {
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
    "ferry.bug": Code(
        symptom="A bug in ferry. Guests are where the hosts say they are; a copy in flight goes on.",
        causes="An error nobody foresaw.",
        fix="Report it with the log that is named; then ferry status",
        exit_code=70,
    ),
}
