"""manage.py doctor: what it says when all is well, and when each thing is not."""

import contextlib
import json
import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.functions import Now

from console import doctor
from console.doctor import FAIL, OK, WARN, broker, database, files, packages
from console.doctor import settings as of_settings
from console.doctor import workers as of_workers
from console.stack.home import PROJECT
from executions.authoring import registry
from executions.engine.life import own_version
from executions.models import Worker
from executions.queries import soundness
from executions.queries.soundness import Role, Triggers
from tests.support.services import SERVICES
from tests.support.web import free_port


def said(findings, level, words):
    """Return the one finding that says these words, which must have that level and, but for ok, something to do."""
    found = [each for each in findings if words in each.what]
    assert len(found) == 1, "\n".join(map(str, findings))
    assert found[0].level == level
    assert found[0].do or level == OK
    return found[0]


def levels(findings):
    return {each.level for each in findings}


def ask(*arguments, **environment):
    """Run the command as an operator does."""
    environment = {**SERVICES.child_environment, "PATH": os.environ["PATH"], **environment}
    argv = [sys.executable, "-W", "ignore", "manage.py", "doctor", *arguments]
    return subprocess.run(argv, env=environment, cwd=PROJECT, capture_output=True, text=True)


@pytest.fixture
def alive(db):
    """A worker like this process, and no other."""
    Worker.objects.all().delete()
    known = {workflow.name: workflow.fingerprint for workflow in registry.all_workflows()}
    return Worker.objects.create(
        name="host-1", version=own_version(), workflows=list(known), fingerprints=known, skew=0.01
    )


def test_every_area_is_looked_at_and_told_in_words_and_in_json(alive, capsys):
    found = list(doctor.examine())
    assert {each.area for each in found} == set(doctor.AREAS)
    assert all(each.what.endswith((".", ")")) for each in found)
    with contextlib.suppress(SystemExit):
        call_command("doctor", "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["healthy"] == (FAIL not in {each["level"] for each in document["findings"]})
    assert {"area", "level", "what", "do"} == set(document["findings"][0])


def test_it_tells_what_is_away_and_looks_at_the_rest():
    port = free_port()
    answer = ask(DATABASE_URL=f"postgresql://x@127.0.0.1:{port}/x", REDIS_URL=f"redis://127.0.0.1:{port}/0")
    assert answer.returncode == 1
    assert "fail  database  Cannot be reached" in answer.stdout
    assert "fail  broker    Cannot be reached" in answer.stdout
    assert "→ Start PostgreSQL, or correct DATABASE_URL." in answer.stdout
    assert "warn  workers   Not known" in answer.stdout
    assert "packages" in answer.stdout
    assert "Traceback" not in answer.stdout + answer.stderr


def test_a_stack_that_is_stopped_is_told_once_and_as_what_it_is(tmp_path):
    answer = ask("--json", DATABASE_URL="", REDIS_URL="", HOLDPOINT_HOME=str(tmp_path / "home"))
    found = {each["area"]: each for each in json.loads(answer.stdout)["findings"]}
    assert answer.returncode == 1
    assert "stack of this home is stopped, and DATABASE_URL names no database" in found["database"]["what"]
    assert "make run" in found["database"]["do"]
    assert [found[area]["what"] for area in ("broker", "workers")] == ["Stopped with the stack."] * 2
    assert [area for area, each in found.items() if each["level"] == FAIL] == ["database"]
    assert not (tmp_path / "home" / "stack.json").exists()


def test_an_area_that_stumbles_does_not_keep_the_others_from_being_looked_at(monkeypatch, alive):
    def stumble():
        raise RuntimeError("nobody thought of this")
        yield

    monkeypatch.setitem(doctor.AREAS, "packages", stumble)
    found = list(doctor.examine())
    said(found, FAIL, "nobody thought of this")
    assert {each.area for each in found} == set(doctor.AREAS)


class TestBroker:
    def test_a_policy_that_drops_messages(self, own_valkey, settings):
        settings.REDIS_URL = own_valkey.url
        assert levels(broker.examine()) == {OK}
        with own_valkey.client() as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
            client.config_set("maxmemory", "1mb")
        found = list(broker.examine())
        assert "CONFIG SET maxmemory-policy noeviction" in said(found, FAIL, "allkeys-lru").do
        said(found, WARN, "MiB are in use")

    def test_one_that_is_frozen(self, own_valkey, settings):
        settings.REDIS_URL = own_valkey.url
        own_valkey.freeze()
        said(list(broker.examine()), FAIL, "Cannot be reached")
        own_valkey.thaw()

    def test_a_replica_and_an_old_one(self):
        told = {"redis_version": "5.0.1", "role": "slave", "round_trip_seconds": 0.001}
        found = list(broker.of_server(told))
        said(found, FAIL, "too old")
        said(found, FAIL, "replica")
        slow = {"valkey_version": "8.1.0", "round_trip_seconds": 0.2, "connected_clients": 99, "maxclients": 100}
        found = list(broker.of_server(slow))
        said(found, WARN, "200 ms")
        said(found, WARN, "99 of 100")


@pytest.mark.django_db
class TestDatabase:
    def test_one_that_is_well(self):
        found = [each for each in database.examine() if each.level == FAIL]
        assert found == []
        said(list(database.examine()), WARN, "superuser")  # as the tests' own server knows no other role

    def test_one_that_is_away(self, monkeypatch):
        def refuse():
            raise OperationalError("connection refused\n\tIs the server running?")

        monkeypatch.setattr(connection, "ensure_connection", refuse)
        (found,) = database.examine()
        assert found.level == FAIL
        assert "connection refused" in found.what

    def test_migrations_that_are_missing(self):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'console'")
            cursor.execute(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('executions', '0999_new', now())"
            )
        found = list(database.examine())
        assert "manage.py prepare" in said(found, FAIL, "migrations are not applied: console.").do
        said(found, FAIL, "newer than this code: it has executions.0999_new")

    def test_triggers_that_are_off_missing_or_changed(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'executions_event'::regclass ORDER BY tgname")
            names = [name for (name,) in cursor.fetchall() if name.startswith("pgtrigger")]
            only, append, truncate = (
                next(name for name in names if name.startswith(f"pgtrigger_{called}_"))
                for called in ("append_only", "append", "no_truncate")
            )
            cursor.execute(f"ALTER TABLE executions_event DISABLE TRIGGER {only}")
            cursor.execute(f"DROP TRIGGER {truncate} ON executions_event")
            cursor.execute(f"COMMENT ON TRIGGER {append} ON executions_event IS 'somebody else''s'")
        found = list(database.examine())
        assert "ENABLE TRIGGER" in said(found, FAIL, "switched off: executions_event.append_only").do
        said(found, FAIL, "missing: executions_event.no_truncate")
        said(found, FAIL, "not those of this code: executions_event.append.")

    def test_settings_that_break_promises(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute("SET LOCAL default_transaction_isolation = 'serializable'")
            now = soundness.server()
        said(list(database.of_server(now)), FAIL, "synchronous_commit is off")
        said(list(database.of_server(now)), FAIL, "serializable")

    def test_triggers_silenced_for_a_session(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            now = soundness.server()
            cursor.execute("SET LOCAL session_replication_role = origin")
        said(list(database.of_server(now)), FAIL, "session_replication_role is replica")

    @pytest.mark.parametrize(("seconds", "level"), [(0.01, OK), (-2.0, WARN), (30.0, FAIL)])
    def test_clocks(self, seconds, level):
        (found,) = database.of_clock(seconds)
        assert found.level == level
        assert ("behind" if seconds < 0 else "ahead") in found.what
        assert abs(soundness.skew()) < 1

    def test_roles(self):
        own = Role("app", superuser=False, may_silence=False, owned=0, lacking={})
        assert levels(database.of_role(own)) == {OK}
        lacking = Role("app", superuser=False, may_silence=True, owned=0, lacking={"executions_hold": "INSERT"})
        said(list(database.of_role(lacking)), WARN, "session_replication_role")
        said(list(database.of_role(lacking)), FAIL, "executions_hold (INSERT)")
        owner = Role("app", superuser=False, may_silence=False, owned=9, lacking={})
        said(list(database.of_role(owner)), WARN, "owns the tables")

    def test_lines_of_another_cluster(self, monkeypatch):
        monkeypatch.setattr(soundness, "restored_lines", lambda: 3)
        assert "operate.md" in said(list(database.examine()), FAIL, "not given out").do

    def test_all_triggers_are_counted(self):
        assert soundness.triggers() == Triggers(soundness.triggers().total, [], [], [])
        assert soundness.triggers().total > 20


class TestWorkers:
    def test_one_that_is_well(self, alive):
        assert FAIL not in levels(of_workers.examine())
        assert said(list(of_workers.examine()), OK, "1 alive: host-1")

    def test_none(self, alive):
        Worker.objects.all().delete()
        assert "celery -A console worker" in said(list(of_workers.examine()), FAIL, "No worker is alive").do

    def test_an_older_one_with_other_workflows_and_a_wrong_clock(self, alive):
        known = {**alive.fingerprints, "noop": "another route"}
        del known["counting"]
        Worker.objects.update(version="0.0.9", fingerprints=known, skew=-7.5, seen_at=Now())
        found = list(of_workers.examine())
        said(found, WARN, "Workers run 0.0.9")
        said(found, FAIL, "does not know counting")
        said(found, FAIL, "another route of noop")
        said(found, WARN, "7.5 s behind")


class TestFiles:
    def test_a_home_that_others_may_read_or_write(self, tmp_path):
        (tmp_path / "secret_key").write_text("x")
        (tmp_path / "secret_key").chmod(0o644)
        tmp_path.chmod(0o777)
        found = list(files.of_home(tmp_path))
        assert "chmod 600" in said(found, FAIL, "may read secret_key").do
        said(found, FAIL, "may write into")
        (tmp_path / "secret_key").chmod(0o600)
        tmp_path.chmod(0o711)
        assert levels(files.of_home(tmp_path)) <= {OK, WARN}
        assert levels(files.of_home(tmp_path / "nowhere")) == {OK}

    def test_a_disk_that_is_full(self, tmp_path, monkeypatch):
        for free, level in ((10**8, FAIL), (10**9, WARN), (10**11, OK)):
            monkeypatch.setattr(files.shutil, "disk_usage", lambda _, free=free: type("Usage", (), {"free": free}))
            assert levels(each for each in files.of_home(tmp_path) if "free at" in each.what) == {level}

    def test_style_sheets_that_are_missing_or_old(self, settings, tmp_path):
        settings.STATIC_FINDERS, settings.STATIC_ROOT = False, tmp_path
        said(list(files.examine()), FAIL, "not collected")
        (tmp_path / ".sources").write_text("of long ago")
        said(list(files.examine()), WARN, "other sources")


class TestPackages:
    def test_as_pinned(self):
        assert FAIL not in levels(packages.examine())

    def test_missing_and_others(self, monkeypatch, tmp_path):
        (tmp_path / "requirements.txt").write_text("Django==1.0\nceli-of-nowhere==2.0\npsycopg[binary,pool]==3.3.9\n")
        monkeypatch.setattr(packages, "PROJECT", tmp_path)
        found = list(packages.examine())
        said(found, FAIL, "Not installed: celi-of-nowhere")
        assert "(pinned 1.0)" in said(found, WARN, "Not as pinned: Django").what


class TestSettings:
    def test_open_to_others_without_care(self, settings):
        settings.ALLOWED_HOSTS = ["*", "holdpoint.example.com"]
        settings.DEBUG = settings.HOLDPOINT_DEMO = True
        settings.HTTPS = False
        found = list(of_settings.of_reach({"*", "holdpoint.example.com"}))
        for words in ("HOLDPOINT_DEBUG", "any name", "in the clear", "Demo people"):
            said(found, FAIL, words)
        for words in ("made up", "second factor"):
            said(found, WARN, words)

    def test_addresses_that_do_not_fit(self, settings):
        settings.ALLOWED_HOSTS = ["holdpoint.example.com", ".example.org"]
        settings.CSRF_TRUSTED_ORIGINS = ["https://other.example.com", "https://sub.example.org"]
        settings.HTTPS = True
        settings.HOLDPOINT = {**settings.HOLDPOINT, "PUBLIC_URL": "http://wrong.example.net"}
        found = list(of_settings.of_addresses(set(settings.ALLOWED_HOSTS)))
        said(found, FAIL, "wrong.example.net, which is refused here")
        said(found, WARN, "begin with http://")
        said(found, WARN, "Forms from other.example.com")
        assert not any("sub.example.org" in each.what for each in found)
        settings.HOLDPOINT = {**settings.HOLDPOINT, "PUBLIC_URL": "http://localhost:8000"}
        said(list(of_settings.of_addresses({"holdpoint.example.com"})), FAIL, "only this machine reaches")

    def test_servers_that_are_not_there(self, settings, monkeypatch):
        port = free_port()
        options = {"host": "127.0.0.1", "port": port}
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
        settings.HOLDPOINT_OIDC = {**settings.HOLDPOINT_OIDC, "ISSUER": f"http://127.0.0.1:{port}"}
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        found = list(of_settings.examine())
        said(found, FAIL, f"mail server 127.0.0.1:{port} cannot be reached")
        said(found, FAIL, "identity provider cannot be asked")
        said(found, WARN, f"Traces go to 127.0.0.1:{port}")

    def test_mail_without_a_server(self, settings):
        settings.HOLDPOINT = {**settings.HOLDPOINT, "NOTIFY": ["mailto:desk@example.com"]}
        assert "HOLDPOINT_SMTP_URL" in said(list(of_settings.examine()), FAIL, "go by mail").do

    def test_traces_without_opentelemetry(self, monkeypatch):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
        monkeypatch.setattr("executions.tracing.PACKAGES", ("opentelemetry_of_nowhere",))
        assert "requirements-tracing.txt" in said(list(of_settings.examine()), FAIL, "not installed").do
