"""A filter of the audit in words, as the heading over what it found."""

from collections.abc import Iterable

from console.moments import local
from console.pages.audit_form import FAMILIES
from console.templatetags.wording import THROUGH
from executions.authoring import registry
from executions.provenance.auditlines import AuditFilter
from executions.provenance.kinds import KINDS


def heading_of(wanted: AuditFilter, people: Iterable[tuple[str, str]]) -> str:
    """Say what a filter selects: ``Everything reviewer did``, ``Refused attempts by operator, in Invoice batch``.

    Args:
        wanted: the filter.
        people: id and name of everybody who ever acted, to name whom an id means.
    """
    who = dict(people).get(wanted.person, wanted.person)
    subject = _subject(wanted)
    by = f" by {who}" if who else ""
    if who and not subject:
        subject, by = f"Everything {who} did", ""
    details = [each for each in _details(wanted) if each]
    return ", ".join([(subject or "What people and programs did") + by, *details])


def _subject(wanted: AuditFilter) -> str:
    if wanted.refused:
        return "Refused attempts"
    if wanted.kind in KINDS:
        return f"“{KINDS[wanted.kind].title}”"
    if wanted.kind:
        return FAMILIES.get(wanted.kind, wanted.kind.capitalize())
    if wanted.run and not wanted.person:
        return "The whole story" if wanted.routine else "What happened"
    return "Every line" if wanted.routine and not wanted.person else ""


def _details(wanted: AuditFilter) -> list[str]:
    workflow = registry.find(wanted.workflow) if wanted.workflow else None
    run = wanted.run if len(wanted.run) < 14 else f"…{wanted.run[-6:]}"
    return [
        "concerning no single run" if run == "system" else f"on run {run}" if run else "",
        f"in {workflow.title if workflow else wanted.workflow}" if wanted.workflow else "",
        THROUGH.get(wanted.via, f"by the {wanted.via}") if wanted.via else "",
        f"with “{wanted.text}”" if wanted.text else "",
        f"from {local(wanted.since):%-d %b %Y %H:%M}" if wanted.since else "",
        f"before {local(wanted.until):%-d %b %Y %H:%M}" if wanted.until else "",
    ]
