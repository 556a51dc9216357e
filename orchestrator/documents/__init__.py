"""Values as JSON documents with a name and a version; nobody else knows how they are written.

The functions are loaded when they are first used: a command that answers in text never builds the adapters for JSON.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.documents.cpu import cpu_apply_document, cpu_baseline_document, cpu_matrix_document
    from orchestrator.documents.digest import plan_digest
    from orchestrator.documents.disputes import dispute_document
    from orchestrator.documents.doctor import canary_document, leftovers_document
    from orchestrator.documents.envelopes import (
        audit_document,
        cordon_document,
        error_document,
        event_document,
        guests_document,
        history_document,
        hosts_document,
        order_document,
        plan_document,
        release_document,
        repairs_document,
        resumed_document,
        run_document,
        status_document,
    )
    from orchestrator.documents.evacuations import evacuation_document, restore_document
    from orchestrator.documents.facts import as_text, facts_document, read_facts
    from orchestrator.documents.networks import network_advice_document, network_document, networks_document
    from orchestrator.documents.pages import page_document, pages_document
    from orchestrator.documents.policies import policy_audit_document, policy_difference_document, policy_document
    from orchestrator.documents.rolls import roll_document, rolls_document
    from orchestrator.documents.stored_plans import stored_plans_document
    from orchestrator.documents.tested_networks import network_tests_document
    from orchestrator.documents.timed import cron_document, hold_document
    from orchestrator.documents.why import plan_difference_document, why_document

__all__ = [
    "as_text",
    "audit_document",
    "canary_document",
    "cordon_document",
    "cpu_apply_document",
    "cpu_baseline_document",
    "cpu_matrix_document",
    "cron_document",
    "dispute_document",
    "error_document",
    "evacuation_document",
    "event_document",
    "facts_document",
    "guests_document",
    "history_document",
    "hold_document",
    "hosts_document",
    "leftovers_document",
    "network_advice_document",
    "network_document",
    "network_tests_document",
    "networks_document",
    "order_document",
    "page_document",
    "pages_document",
    "plan_difference_document",
    "plan_digest",
    "plan_document",
    "policy_audit_document",
    "policy_difference_document",
    "policy_document",
    "read_facts",
    "release_document",
    "repairs_document",
    "restore_document",
    "resumed_document",
    "roll_document",
    "rolls_document",
    "run_document",
    "status_document",
    "stored_plans_document",
    "why_document",
]


_ROOMS = {
    "plan_difference_document": "why",
    "why_document": "why",
    "stored_plans_document": "stored_plans",
    "roll_document": "rolls",
    "rolls_document": "rolls",
    "plan_digest": "digest",
    "network_tests_document": "tested_networks",
    "cron_document": "timed",
    "hold_document": "timed",
    "dispute_document": "disputes",
    "canary_document": "doctor",
    "leftovers_document": "doctor",
    "cpu_apply_document": "cpu",
    "cpu_baseline_document": "cpu",
    "cpu_matrix_document": "cpu",
    "evacuation_document": "evacuations",
    "restore_document": "evacuations",
    "as_text": "facts",
    "facts_document": "facts",
    "read_facts": "facts",
    "network_advice_document": "networks",
    "network_document": "networks",
    "networks_document": "networks",
    "page_document": "pages",
    "pages_document": "pages",
    "policy_audit_document": "policies",
    "policy_difference_document": "policies",
    "policy_document": "policies",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    room = _ROOMS.get(name, "envelopes")
    return getattr(import_module(f"orchestrator.documents.{room}"), name)
