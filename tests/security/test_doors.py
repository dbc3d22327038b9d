"""What strangers and people with little say try at the doors."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from executions import commands
from executions.errors import Invalid
from executions.models import Execution
from tests.api.conftest import launch, path, problem, program  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db

NOT_IN_UTC = {
    "before the first year": "0001-01-01T00:00:00+14:00",
    "after the last": "9999-12-31T23:59:59-14:00",
}


def test_the_admin_has_no_sign_in_of_its_own(cast):
    answer = Client().post("/admin/login/", {"username": "admin", "password": cast.password})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
    assert "_auth_user_id" not in answer.client.session


def test_the_admin_is_for_staff_alone(cast):
    for name in ("operator", "reviewer", "auditor", "outsider"):
        answer = cast.client(name).get("/admin/", follow=True)
        assert answer.status_code == 403, name
    assert cast.client("admin").get("/admin/").status_code == 200


def test_nobody_changes_his_own_address(cast):
    client = cast.client("operator")
    assert client.get("/accounts/email/").status_code == 404
    assert client.post("/accounts/email/", {"email": "me@example.com", "action_add": ""}).status_code == 404
    cast.operator.refresh_from_db()
    assert cast.operator.email == "operator@demo.invalid"


@pytest.mark.parametrize("name", ["\x00", "a\x00.xml", "../../etc/passwd", "a\r\nX-Evil: 1", "x" * 5000])
def test_a_file_that_cannot_exist_is_not_found(name, cast, launch):  # noqa: F811
    run = launch()
    assert cast.client("auditor").get(f"/executions/{run.pk}/file", {"name": name}).status_code == 404


@pytest.mark.parametrize("moment", NOT_IN_UTC.values(), ids=NOT_IN_UTC)
def test_a_moment_that_utc_does_not_have_is_refused(moment, program, launch):  # noqa: F811
    auditor, admin, run = program("auditor"), program("admin"), launch()
    for query in ("audit", "audit/export"):
        told = problem(auditor.get(f"/v1/{query}", data={"since": moment}), 422)
        assert "1 to 9999" in told["errors"]["since"][0]
    hold = {"execution": str(run.pk), "reason": "look again", "review_by": moment}
    assert "1 to 9999" in problem(admin.post("/v1/holds", hold), 422)["errors"]["review_by"][0]
    later = {"workflow": "noop", "not_before": moment}
    assert "1 to 9999" in problem(admin.post("/v1/async-executions", later), 422)["errors"]["not_before"][0]
    assert Execution.objects.count() == 1


def test_a_moment_without_a_zone_is_refused_and_others_are_kept_in_utc(cast, launch):  # noqa: F811
    run = launch()
    with pytest.raises(Invalid):
        commands.place(cast.actor("reviewer"), run.pk, reason="x", review_by=datetime(2026, 1, 1))  # noqa: DTZ001
    noon = datetime(2036, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    hold = commands.place(cast.actor("reviewer"), run.pk, reason="x", review_by=noon)
    hold.refresh_from_db()
    assert hold.review_by == datetime(2036, 1, 1, 10, tzinfo=UTC)


class Counted(SimpleUploadedFile):
    """A file part that says how much of it was read."""

    def read(self, size=-1):
        content = super().read(size)
        self.taken = max(getattr(self, "taken", 0), len(content))
        return content


def test_a_file_is_read_no_further_than_its_limit(settings):
    from console.api import bodies

    part = Counted("a.xml", b"x" * 100_000)
    assert len(bodies._content(part, 1000)) == 1001
    assert part.taken == 1001


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=2000)
def test_the_json_beside_files_has_the_limit_of_all_json(program):  # noqa: F811
    body = json.dumps({"workflow": "noop", "title": "x" * 3000}).encode()
    sent = {"request": SimpleUploadedFile("request.json", body, content_type="application/json")}
    problem(program("operator").form("/v1/async-executions", sent), 413)


def test_a_file_over_the_limit_is_named(program, settings):  # noqa: F811
    sent = {"request": '{"workflow":"with-files"}', "files": SimpleUploadedFile("big.txt", b"x" * 6_000_000)}
    answer = program("operator").form("/v1/async-executions", sent)
    assert answer.status_code in (413, 422)
    assert not Execution.objects.exists()
