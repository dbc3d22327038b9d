"""Fleet audit: one run launches a run for each site, waits for all of them, and sums up what they found.

A site that needs a person waits alone, and one that fails fails alone; the others go on. The audit itself rests
meanwhile and costs no worker.
"""

import hashlib
from typing import Any

from django import forms

from executions import Context, Next, Who, Workflow

UNREACHABLE = "unreachable"
REPAIR = "to repair"
LIMIT = 80
"""Percent of a disk's space above which somebody has to look."""


class FleetForm(forms.Form):
    """Which sites are audited."""

    sites = forms.CharField(
        label="Sites",
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        initial="hamburg\nkyoto\nlisbon\nosaka\nunreachable-tromso",
        help_text="One a line. A name that begins with “unreachable” is a site that does not answer.",
    )

    def clean_sites(self) -> list[str]:
        """Read the names, each once."""
        sites = list(dict.fromkeys(line.strip() for line in self.cleaned_data["sites"].splitlines() if line.strip()))
        if len(sites) > 1000 or any(len(site) > 60 for site in sites):
            raise forms.ValidationError("Up to 1,000 sites, and 60 characters for each name.")
        return sites


class SiteForm(forms.Form):
    """Which site is audited."""

    site = forms.CharField(label="Site", max_length=60, initial="lisbon")


class FindingForm(forms.Form):
    """What a person makes of a finding."""

    verdict = forms.ChoiceField(
        label="Verdict",
        widget=forms.RadioSelect,
        choices=[("accepted", "It may stay so"), (REPAIR, "It must be repaired")],
    )
    note = forms.CharField(label="Note", max_length=500, help_text="What you found, or who repairs it.")


fleet = Workflow(
    "fleet-audit",
    title="Fleet audit",
    description="Audits every site in a run of its own, sums up, and orders repairs when a person allows it.",
    input=FleetForm,
)
site_audit = Workflow(
    "site-audit",
    title="Site audit",
    description="Audits one site, and asks a person if a disk is too full. A fleet audit launches one for each site.",
    input=SiteForm,
)


@fleet.step(title="Audit every site")
def audit(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Launch a run for each site and wait until the last has ended."""
    ctx.launch_all(site_audit, {site: {"site": site} for site in payload["sites"]})
    found = ctx.join()
    return {
        "findings": {
            site: child.payload["finding"] if child.ok else {"state": child.state, "note": child.error}
            for site, child in found.items()
        }
    }


@fleet.step(title="Sum up")
def sum_up(ctx: Context, payload: dict[str, Any]) -> Any:
    """Count the sites by what came of them; end here if there is nothing to repair."""
    states = [finding["state"] for finding in payload["findings"].values()]
    summary = ", ".join(f"{states.count(state)} {state}" for state in sorted(set(states)))
    repairs = [site for site, finding in payload["findings"].items() if finding["state"] == REPAIR]
    ctx.log(f"{len(states)} sites audited: {summary}.")
    changes = {"summary": summary, "repairs": repairs}
    return changes if repairs else Next(changes=changes)


@fleet.step(title="Order repairs", approval=Who(group="reviewer"), on_refuse="skip")
def order_repairs(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Order a repair for each site, once; a person has seen the list before, and may have changed it."""
    return {"orders": {site: ctx.once(site, order_repair, site) for site in payload["repairs"]}}


@site_audit.step(title="Look", retries=1, backoff=0.5)
def look(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Read how full the site's disks are."""
    return {"disks": ctx.once("disks", read_disks, payload["site"])}


@site_audit.step(title="Judge")
def judge(ctx: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """Find it in order, or ask a person."""
    full = {disk: percent for disk, percent in payload["disks"].items() if percent > LIMIT}
    if not full:
        return {"finding": {"state": "in order"}}
    answer = ctx.suspend(
        "full",
        title=f"{payload['site']}: {len(full)} disk{'s' if len(full) > 1 else ''} above {LIMIT} %",
        form=FindingForm,
        context={"disks": [{"disk": disk, "percent": percent} for disk, percent in payload["disks"].items()]},
    )
    return {"finding": {"state": answer["verdict"], "note": answer["note"], "by": answer.by}}


def order_repair(site: str) -> str:
    """Return the number of the order."""
    return f"RO-{hashlib.sha256(site.encode()).hexdigest()[:6]}"


def read_disks(site: str) -> dict[str, int]:
    """Return how full each disk of a site is, in percent; made out of the site's name, always the same.

    Raises:
        ConnectionError: the site does not answer.
    """
    if site.startswith(UNREACHABLE):
        raise ConnectionError(f"{site} does not answer.")
    digits = hashlib.sha256(site.encode()).digest()
    return {f"disk-{number}": 40 + digits[number] % 45 for number in (1, 2, 3)}
