"""Kinds of events about people's accounts: signing in, second factors, roles. All of them are in the system ledger."""

from executions.provenance.kind import Kind

FACTOR = {
    "factor": "`totp`, `webauthn` or `recovery_codes`",
    "name?": "what its owner calls a passkey",
}
ACCOUNT = {"account": "id of the person", "name": "the person's user name"}
IDENTITY = {"provider": "which provider", "subject": "what the provider calls the person (`sub`)"}
GROUP = {"group": "id of the group", "name": "the group's name"}
FACTS = "`username`, `email`, `is_active`, `is_staff`, `is_superuser`, `groups` and `permissions`"

ACCOUNT_KINDS: dict[str, Kind] = {
    "account.signed_in": Kind(
        "Signed in",
        "Somebody signed in to the console. System ledger.",
        {"by": "how: `password`, `totp`, `webauthn`, `recovery_codes` or `oidc`, in their order"},
    ),
    "account.sign_in_failed": Kind(
        "Sign-in failed",
        "Somebody gave a password that is not right. System ledger. What was typed as a name is kept only where there "
        "is such an account: people type passwords into the wrong field.",
        {"account": "user name, or null where there is no such account"},
    ),
    "account.signed_out": Kind("Signed out", "Somebody signed out. System ledger.", {}),
    "account.password_changed": Kind(
        "Password changed",
        "Somebody's password was changed. System ledger.",
        {**ACCOUNT, "how": "`changed`, `reset` by mail, or `given` by an administrator"},
    ),
    "account.created": Kind(
        "Account made", "A person was given an account. System ledger.", {**ACCOUNT, "facts": FACTS}
    ),
    "account.changed": Kind(
        "Account changed",
        "Somebody changed what an account may do or how it is called. System ledger.",
        {**ACCOUNT, "before": f"those of {FACTS} that changed, as they were", "after": "the same as they are now"},
    ),
    "account.deleted": Kind(
        "Account deleted", "Somebody deleted an account. System ledger.", {**ACCOUNT, "facts": FACTS}
    ),
    "account.identity_added": Kind(
        "Identity tied to account",
        "A provider's identity was tied to an account: whoever signs in there with it is this person here from now on. "
        "System ledger.",
        {**ACCOUNT, **IDENTITY},
    ),
    "account.identity_removed": Kind(
        "Identity taken from account",
        "A provider's identity was taken from an account and signs nobody in any more. System ledger.",
        {**ACCOUNT, **IDENTITY},
    ),
    "group.created": Kind(
        "Group made", "Somebody made a group. System ledger.", {**GROUP, "permissions": "codenames of what it may do"}
    ),
    "group.changed": Kind(
        "Group changed",
        "Somebody changed what a group may do or how it is called. System ledger.",
        {**GROUP, "before": "`name` or `permissions` as they were", "after": "the same as they are now"},
    ),
    "group.deleted": Kind(
        "Group deleted",
        "Somebody deleted a group. System ledger.",
        {**GROUP, "permissions": "codenames of what it might do"},
    ),
    "second_factor.added": Kind("Second factor added", "Somebody set up a second factor. System ledger.", FACTOR),
    "second_factor.removed": Kind(
        "Second factor removed", "Somebody removed a second factor of their own. System ledger.", FACTOR
    ),
    "second_factor.renewed": Kind(
        "Recovery codes renewed", "Somebody made new recovery codes; the old ones end. System ledger.", FACTOR
    ),
    "second_factor.refused": Kind(
        "Second factor refused", "The password was right and the code was not. System ledger.", FACTOR
    ),
    "second_factor.reset": Kind(
        "Second factor reset",
        "An administrator took away somebody's second factors, so that they can set up new ones. System ledger.",
        {**ACCOUNT, "factors": "what was taken away"},
    ),
}
