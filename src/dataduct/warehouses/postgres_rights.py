"""The rights that Dataduct needs in a database of PostgreSQL's kind, and which of them a user lacks."""


def lacking_rights(
    database: object,
    user: object,
    create: object,
    temporary: object,
    schema: object,
    create_in_schema: object,
    has_loads: object,
) -> tuple[str, ...]:
    """Return a sentence for each right that the user lacks.

    Args:
        create: Whether the user may create schemas.
        temporary: Whether the user may create temporary tables.
        schema: The schema of tables named without one, or None.
        create_in_schema: Whether the user may create tables there.
        has_loads: Whether the schema of the loads exists.
    """
    lacks = []
    if not create and not has_loads:
        lacks.append(
            f"user {user} may not create schemas in database {database}, as the schema `dataduct` of the loads: "
            f"GRANT CREATE ON DATABASE {database} TO {user}"
        )
    if not temporary:
        lacks.append(
            f"user {user} may not create temporary tables in database {database}, as upserts do: "
            f"GRANT TEMPORARY ON DATABASE {database} TO {user}"
        )
    if not create_in_schema:
        name = schema or "public"
        lacks.append(
            f"user {user} may not create tables in schema {name}: GRANT CREATE ON SCHEMA {name} TO {user}"
        )
    return tuple(lacks)
