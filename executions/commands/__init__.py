"""The only writers of lifecycle facts, besides the engine's own statements. One file per noun."""

from executions.commands.bulk import begin_bulk, stop_bulk
from executions.commands.control import retry, skip
from executions.commands.delivery import replay_delivery, replay_failed, test_webhook
from executions.commands.emission import emit
from executions.commands.execution import cancel, pause, resume
from executions.commands.extend import extend
from executions.commands.fork import fork
from executions.commands.freeze import freeze, lift
from executions.commands.hand_over import hand_over
from executions.commands.hold import annotate, place, release
from executions.commands.label import label
from executions.commands.label_rule import remove_label_rule, set_label_rule
from executions.commands.launch import launch
from executions.commands.payload import amend_payload, preview_amend, replace_file
from executions.commands.preference import save_preference
from executions.commands.question_webhook import give_webhook
from executions.commands.reason import add_reason, change_reason, delete_reason, move_reason
from executions.commands.suspension import answer, answer_by_key
from executions.commands.token import create_token, revoke_token
from executions.commands.trigger import fire_webhook
from executions.commands.view import change_view, delete_view, save_view
from executions.commands.webhook import (
    change_webhook,
    create_webhook,
    delete_webhook,
    disable_webhook,
    enable_webhook,
    rotate_webhook,
)

__all__ = [
    "add_reason",
    "amend_payload",
    "annotate",
    "answer",
    "answer_by_key",
    "begin_bulk",
    "cancel",
    "change_reason",
    "change_view",
    "change_webhook",
    "create_token",
    "create_webhook",
    "delete_reason",
    "delete_view",
    "delete_webhook",
    "disable_webhook",
    "emit",
    "enable_webhook",
    "extend",
    "fire_webhook",
    "fork",
    "freeze",
    "give_webhook",
    "hand_over",
    "label",
    "launch",
    "lift",
    "move_reason",
    "pause",
    "place",
    "preview_amend",
    "release",
    "remove_label_rule",
    "replace_file",
    "replay_delivery",
    "replay_failed",
    "resume",
    "retry",
    "revoke_token",
    "rotate_webhook",
    "save_preference",
    "save_view",
    "set_label_rule",
    "skip",
    "stop_bulk",
    "test_webhook",
]
