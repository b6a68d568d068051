"""What Redshift's catalog says of columns."""

import pytest

from dataduct.model.table import TableName
from dataduct.warehouses.redshift_catalog import read_columns


class Catalog:
    """Answers the catalog's query with rows."""

    def __init__(self, *rows):
        self.rows = list(rows)
        self.queries = []

    def fetch(self, query):
        self.queries.append(query)
        return self.rows


@pytest.mark.parametrize(
    ("expression", "identity", "default"),
    [
        ("\"identity\"(100123, 0, '1,1'::text)", (1, 1), None),
        ("default_identity(100123, 2, '-5,10'::text)", (-5, 10), None),
        ("'identity'::character varying", None, "'identity'::character varying"),
        (None, None, None),
    ],
)
def test_an_identity_column_is_one_with_such_a_default(expression, identity, default):
    catalog = Catalog(("id", "bigint", True, expression, "public"))

    column = read_columns(catalog, TableName("t")).columns[0]

    assert (column.identity, column.default, column.nullable) == (identity, default, False)


def test_names_are_folded_to_lower_case():
    catalog = Catalog()

    assert read_columns(catalog, TableName("It's", "Prod")) is None

    assert "relname = 'it''s'" in catalog.queries[0]
    assert "nspname = 'prod'" in catalog.queries[0]


def test_a_table_without_a_schema_is_looked_for_in_the_search_path():
    catalog = Catalog()
    read_columns(catalog, TableName("t"))

    assert "pg_table_is_visible" in catalog.queries[0]
