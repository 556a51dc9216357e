"""What keeps ferry from beginning: limits, leases, holds, plans and evacuations."""

from collections.abc import Mapping

from orchestrator.catalogue.code import Code

PLANNING: Mapping[str, Code] = {
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
    "plan.empty": Code(
        symptom="The plan is not kept: it would do nothing.",
        causes="Every guest it was asked for stays, or is where it should be already.",
        fix="See what speaks against it: the same command with --dry-run alone",
        exit_code=5,
    ),
    "plan.unknown": Code(
        symptom="There is no stored plan of that name.",
        causes="A typing error, or the plan was kept in another store.",
        fix="ferry plan list",
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
    "evacuation.waits": Code(
        symptom="An evacuation that a process left is not gone on with yet: its host was silent.",
        causes="The host is down, or its network is.",
        fix="Bring the host back; then at once: ferry resume",
        exit_code=75,
    ),
}
