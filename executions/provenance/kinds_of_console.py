"""Kinds of events about the console itself: what is offered there. All of them are in the system ledger."""

from executions.provenance.kind import Kind

TEMPLATE = {
    "template": "id of the template",
    "text": "the words",
    "reason_code": "a word for statistics, or empty",
    "commands": "commands it is offered for; all where empty",
}

VIEW = {
    "view": "id of the view",
    "name": "what it is called",
    "query": "filter, order and columns, as the list's address carries them",
    "shared": "whether everybody who may read runs sees it",
}

CONSOLE_KINDS: dict[str, Kind] = {
    "reason_template.added": Kind(
        "Template for reasons added", "Somebody added words that are offered as a reason. System ledger.", TEMPLATE
    ),
    "reason_template.changed": Kind(
        "Template for reasons changed",
        "Somebody changed such words; reasons given with them stay as they are. System ledger.",
        {
            "template": TEMPLATE["template"],
            "before": "`text`, `reason_code` and `commands` as they were",
            "after": "the same as they are now",
        },
    ),
    "reason_template.moved": Kind(
        "Template for reasons moved",
        "Somebody changed the order in which templates are offered. System ledger.",
        {
            "template": TEMPLATE["template"],
            "text": TEMPLATE["text"],
            "before": "its place in the list, from 1",
            "after": "its place now",
        },
    ),
    "reason_template.deleted": Kind(
        "Template for reasons deleted", "Somebody deleted such words. System ledger.", TEMPLATE
    ),
    "label_rule.set": Kind(
        "Rule for a label set",
        "Somebody said what a label means and which values it takes. System ledger.",
        {
            "name": "the label",
            "description": "what it means",
            "values": "values it may take; any where empty",
            "before": "`description` and `values` of the rule before, or null",
        },
    ),
    "label_rule.removed": Kind(
        "Rule for a label removed",
        "A label takes any value again. System ledger.",
        {"name": "the label", "description": "what it meant", "values": "values it took"},
    ),
    "view.saved": Kind("View saved", "Somebody saved a view of the list of runs. System ledger.", VIEW),
    "view.changed": Kind(
        "View changed",
        "Somebody renamed a view, replaced what it shows, shared it or stopped sharing it. System ledger.",
        {**VIEW, "before": "what was otherwise before: name, query, shared"},
    ),
    "view.deleted": Kind("View deleted", "Somebody deleted a view. System ledger.", VIEW),
}
