"""Logs tell what went wrong without what it went wrong with."""

import pytest

from console.logs import logging_settings


@pytest.mark.parametrize("json", [False, True])
def test_a_traceback_in_the_log_shows_no_variables(json, capsys):
    import logging

    formatter = logging_settings(json=json)["formatters"]["structured"]
    handler = logging.StreamHandler()
    handler.setFormatter(formatter["()"](**{name: value for name, value in formatter.items() if name != "()"}))
    logger = logging.Logger("holdpoint.test")
    logger.addHandler(handler)

    def fail(password: str) -> None:
        raise ValueError("no luck")

    try:
        fail("".join(["hun", "ter2"]))
    except ValueError:
        logger.exception("It failed")
    told = capsys.readouterr().err
    assert "no luck" in told
    assert "hunter2" not in told
