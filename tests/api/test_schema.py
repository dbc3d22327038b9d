"""schemathesis over the whole published description: what it promises is so, and what it does not say is refused."""

import os
from collections import Counter
from contextlib import ExitStack
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.specs.openapi.checks import positive_data_acceptance

from console.api.v1 import api
from tests.api.world import AsAdmin, fresh, no_bodies_of_streams, undone, world

__all__ = ["fresh", "no_bodies_of_streams", "world"]

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
"""Made-up requests for each operation, besides those that try the limits of its fields."""
OF_EACH_KIND = int(os.environ.get("SCHEMATHESIS_OF_EACH_KIND", "2"))
"""Of those, so many for each way of breaking each part of a request: all of them take minutes."""
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 1,
        "generation": {"deterministic": True, "max-examples": EXAMPLES, "database": "none", "no-shrink": True},
        # 428 is made for a missing If-Match (RFC 6585); it is not among those that are expected by default.
        "checks": {"missing_required_header": {"expected-statuses": ["401", "422", "428"]}},
    }
)
QUIET = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
"""No timing, no chance: the same requests each time."""
RULES = {
    "launch": "each workflow has an input and files of its own, and a start must not lie too far ahead",
    "bulk": "runs are chosen in one way, and each command takes arguments of its own",
    "place_freeze": "what is frozen must be said in one of three ways",
    "preview_freeze": "what would be frozen must be said in one of three ways",
    "extend": "there must be something to extend by",
    "label": "there must be a label to set or remove",
    "export": "a span of time must end after it begins",
    "make_token": "a token must not end in the past",
    "create_webhook": "its host must resolve to a public address",
    "change_webhook": "its host must resolve to a public address",
    "retry": "the step must be one that the run has come to",
    "hand_over_hold": "the heir must be somebody who may release it",
    "fork": "the line must be a boundary of that run",
    "boundary": "the line must be a boundary of that run",
    "changes": "both lines must be boundaries of that run",
    "pause": "a time must lie ahead, a cron line must be one",
    "place_hold": "a time must lie ahead, a cron line must be one",
    "answer": "each question has a form of its own",
    "answer_by_key": "each question has a form of its own",
    "audit": "kinds and doors must be known, and a run's id long enough",
    "change_preferences": "the time zone must be known",
}
"""Operations that may refuse what their schema allows, by rules that JSON Schema cannot say. All else must be taken."""

load_all_checks()
schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/v1/"), config=CONFIG)
schema.app = WSGIHandler()
schema.auth(refresh_interval=None)(AsAdmin)


SCENARIOS = int(os.environ.get("SCHEMATHESIS_SCENARIOS", "25"))

tried: Counter[tuple[Any, ...]] = Counter()


@schema.parametrize()
@QUIET
def test_every_operation_is_as_described(case, fresh):
    data = case.meta.phase.data
    if isinstance(data, CoveragePhaseData):
        kind = (case.operation.label, data.scenario, data.parameter_location)
        tried[kind] += 1
        if tried[kind] > OF_EACH_KIND:
            return
    fresh.furnish(case)
    excluded = [positive_data_acceptance] if case.operation.definition.raw["operationId"] in RULES else []
    case.call_and_validate(excluded_checks=excluded)


def test_what_one_answer_leads_to_is_as_described(world):
    """Requests that follow the links of answers: what was made is there, what was deleted is gone."""

    class Machine(schema.as_state_machine()):
        def setup(self):
            self.way_back = ExitStack()
            self.way_back.enter_context(undone())

        def teardown(self):
            self.way_back.close()

        def before_call(self, case):
            world.furnish(case, ids=False)

        def validate_response(self, response, case, **options):
            # What a rule refuses is no finding here either; the other checks hold of every answer.
            case.validate_response(response, excluded_checks=[positive_data_acceptance])

    Machine.run(settings=settings(QUIET, max_examples=SCENARIOS, stateful_step_count=8))
