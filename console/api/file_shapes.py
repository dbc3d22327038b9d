"""A run's files, as the API tells them."""

from urllib.parse import quote

from console.api.documents import FileOut, FileVersionOut
from console.api.parts import Person
from executions import queries
from executions.models import Execution, RunFile


def version_out(version: RunFile) -> FileVersionOut:
    """Describe one version of a file."""
    return FileVersionOut(
        version=version.version,
        size=version.size,
        sha256=version.sha256,
        uploaded_by=Person(id=version.uploaded_by, name=version.uploaded_by_name),
        uploaded_at=version.uploaded_at,
        reason=version.reason,
    )


def files_out(execution: Execution, files_at: str) -> list[FileOut]:
    """Describe a run's files, newest version of each first."""
    return [
        FileOut(name=file.name, href=files_at + quote(file.name), versions=[version_out(one) for one in file.versions])
        for file in queries.files_of(execution)
    ]
