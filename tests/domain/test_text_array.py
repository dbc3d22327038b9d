"""Names of steps reach PostgreSQL as they are."""

import pytest
from django.db import connection

from executions.engine.database import rows, text_array

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "names",
    [[], ["read"], ["read", "post to ledger"], ['a"b', "c\\d", "e,f", "{g}", "", " h ", "NULL", "naïve ✓", "it's %s"]],
)
def test_names_go_through_an_array_unchanged(names):
    connection.ensure_connection()
    ((found,),) = rows("SELECT %(names)s::text[] AS names", {"names": text_array(names)})
    assert found == names
