"""The fixtures that other tests stand on."""

from django.contrib.auth.models import User


def test_the_cast_has_its_roles(cast):
    assert [group.name for group in cast.reviewer.groups.all()] == ["reviewer"]
    assert not cast.outsider.groups.exists()
    assert cast.admin.is_superuser


def test_what_a_rolled_back_test_wrote_is_gone(db):
    assert not User.objects.filter(username="outsider").exists()


def test_workers_can_be_killed_and_frozen(workers):
    first, second = workers(2)
    first.kill9()
    second.freeze()
    assert not first.alive()
    assert second.alive()
    second.thaw()
    second.stop()
    assert "Warm shutdown" in second.output


def test_the_shared_worker_is_ready(worker):
    assert worker.alive()


def test_the_web_server_answers_in_a_browser(page, sign_in, context, cast):
    sign_in(context, "admin")
    page.goto("/admin/")
    assert "Administration" in page.content() or "administration" in page.content()
