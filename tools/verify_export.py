"""Verify a Holdpoint export: python3 verify_export.py FILE (or - for stdin). Needs nothing but Python 3.8 or newer.

Recomputes every digest from its definition (docs/reference/event-chain.md) and follows every chain from its first line
to its head. Exit code 0: whole; 1: broken; 2: not a readable export; 3: sound, but not a complete export.
"""

import hashlib
import json
import sys

FIELDS = "ledger seq at kind actor_id actor_name actor_role via reason data_digest prev"


def digest_of(event):
    """Return sha256 over the fields, each framed as <byte length>:<bytes>, in hexadecimal."""
    values = [str(event[name]).encode() for name in FIELDS.split()]
    return hashlib.sha256(b"".join(b"%d:%b," % (len(value), value) for value in values)).hexdigest()


def fault_of(event, before, complete):
    """Say what is wrong with a line, or return None. `before` is the previous line of the same ledger, if any."""
    if digest_of(event) != event["digest"]:
        return "altered: its fields do not give its digest"
    data = bytes.fromhex(event["salt"]) + event["data"].encode()
    if hashlib.sha256(data).hexdigest() != event["data_digest"]:
        return "data altered: its data are not what its data digest was computed from"
    expected = before["seq"] + 1 if before else 1
    if event["seq"] != expected and (complete or event["seq"] < expected):
        return f"out of order: line {expected} should be here; lines are missing or were moved"
    if event["seq"] == expected and event["prev"] != (before["digest"] if before else ""):
        return "not the follower of the line before it: one of the two was replaced"
    return None


def main(lines):
    """Read an export, print what is wrong with it, and return the exit code."""
    faults, before, headed, end, ledgers, events = {}, None, True, None, 0, 0
    asked = json.loads(next(lines))["export"]
    if asked["format"] != "holdpoint-events/1":
        raise ValueError(f"unknown format {asked['format']}")
    complete = asked["complete"]
    for text in lines:
        item = json.loads(text)
        if "head" in item:
            head, headed = item["head"], True
            if before is None or any(head[name] != before[name] for name in ("ledger", "seq", "digest")):
                faults.setdefault(head["ledger"], f"cut off or changed: its head tells of another line {head['seq']}")
        elif "end" in item:
            end = item["end"]
        else:
            if before is None or before["ledger"] != item["ledger"]:
                if complete and not headed:
                    faults.setdefault(before["ledger"], "cut off: the line with its head is missing")
                ledgers, before, headed = ledgers + 1, None, False
            fault = fault_of(item, before, complete)
            if fault:
                faults.setdefault(item["ledger"], f"line {item['seq']} is {fault}")
            events, before = events + 1, item
    if end != {"ledgers": ledgers, "events": events} or (complete and not headed):
        faults["The file"] = f"its last line does not count {events} lines in {ledgers} ledgers, each with its head"
    for ledger, fault in faults.items():
        print(f"{ledger}: {fault}.")
    print(f"{'Broken' if faults else 'Whole' if complete else 'Sound'}: {events} lines in {ledgers} ledgers.")
    if not complete:
        print("This is an extract; that lines before, between or after these are missing cannot be seen.")
    return 1 if faults else 0 if complete else 3


if __name__ == "__main__":
    try:
        with sys.stdin if sys.argv[1:] in ([], ["-"]) else open(sys.argv[1], encoding="utf-8") as source:
            sys.exit(main(iter(source)))
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        print(f"This is not a readable export: {error!r}", file=sys.stderr)
        sys.exit(2)
