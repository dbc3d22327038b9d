"""docs/reference/settings.md lists every variable that the code reads, and no other."""

import re

from console.stack.home import PROJECT

# What another process sets or reads by other people's rules is not ours to document.
READ = re.compile(
    r"""(?:environ(?:\.get)?[\[(]|flag\(|number\(|names\(|secret\(|targets\(|mailer\(|origin\(|one_of\(|provider\(|own_networks\(|folder\()\s*"([A-Z_]+)\""""
)
FOREIGN = {"DJANGO_SETTINGS_MODULE", "OTEL_SERVICE_NAME", "OTEL_SDK_DISABLED"}


def test_every_variable_is_documented_and_every_documented_one_exists():
    sources = [
        *PROJECT.glob("console/**/*.py"),
        *PROJECT.glob("executions/**/*.py"),
        *PROJECT.glob("workflows/**/*.py"),
    ]
    read = {name for path in sources for name in READ.findall(path.read_text())} - FOREIGN
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (PROJECT / "docs/reference/settings.md").read_text(), re.MULTILINE))
    assert len(read) > 15
    assert read - documented == set()
    assert documented - read - {"HOLDPOINT_PROCESS", "OTEL_EXPORTER_OTLP_ENDPOINT"} == set()
