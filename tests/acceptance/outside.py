"""Looking at runs from outside, as programs and people do: through the API and the console."""

import json
from typing import Any

from executions import commands
from executions.actors import SYSTEM
from executions.models import Execution
from tests.api.conftest import Program
from tests.engine.watching import QUICK, kill, wait_for


class Outside:
    """A person with a token and a browser.

    Args:
        cast: the people.
        name: which of them.
    """

    def __init__(self, cast: Any, name: str) -> None:
        _, token = commands.create_token(SYSTEM, getattr(cast, name), name="acceptance")
        self.api = Program(token)
        self.browser = cast.client(name)
        self.name = name

    def launch(self, workflow: str, payload: dict[str, Any] | None = None) -> Execution:
        """Launch by one call."""
        response = self.api.post("/v1/async-executions", {"workflow": workflow, "payload": payload or {}})
        assert response.status_code == 201, response.content
        return Execution.objects.get(pk=response.json()["id"])

    def look(self, run: Execution, what: str = "") -> dict[str, Any]:
        """Read a run, or a document of it."""
        response = self.api.get(f"/v1/async-executions/{run.pk}{what}")
        assert response.status_code == 200, response.content
        found: dict[str, Any] = json.loads(response.content)
        return found

    def history(self, run: Execution) -> list[dict[str, Any]]:
        """Read a run's whole history."""
        events, after = [], 0
        while True:
            page = self.look(run, f"/events?after={after}")
            events += page["items"]
            if page["next"] is None:
                return events
            after = page["next"]

    def page(self, run: Execution) -> str:
        """Read a run's page."""
        response = self.browser.get(f"/executions/{run.pk}")
        assert response.status_code == 200
        return response.content.decode()

    def question(self, run: Execution) -> dict[str, Any]:
        """Return the one open question of a run."""
        (asked,) = [question for question in self.look(run)["suspensions"] if question["outcome"] is None]
        return asked

    def answer(self, run: Execution, data: Any, status: int = 200, **more: Any) -> dict[str, Any]:
        """Answer the open question of a run."""
        asked = self.question(run)
        body = {"data": data, "context_digest": asked["context_digest"], **more}
        response = self.api.post(f"/v1/suspensions/{asked['id']}/answer", body)
        assert response.status_code == status, response.content
        answered: dict[str, Any] = response.json()
        return answered

    def send(self, run: Execution, command: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
        """Give a command."""
        response = self.api.post(f"/v1/async-executions/{run.pk}/{command}", body)
        assert response.status_code == status, response.content
        told: dict[str, Any] = response.json()
        return told


class Shift:
    """Workers that relieve each other: no two are ever alive at once, so nothing in memory can be handed on.

    Args:
        workers: the fixture of that name.
    """

    def __init__(self, workers: Any) -> None:
        self._workers = workers
        (self.worker,) = workers(1, **QUICK)

    def change(self) -> None:
        """Kill the worker and start another."""
        kill(self.worker)
        (self.worker,) = self._workers(1, **QUICK)


def waits(run: Execution) -> Execution:
    """Wait until a run waits for a person."""
    return wait_for(run, "suspended")


def ends(run: Execution) -> Execution:
    """Wait until a run has succeeded."""
    return wait_for(run, "succeeded")
