"""Error codes of source databases: DD820 to DD849."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD820",
        title="wrong settings of a database connection",
        meaning="A connection to a database server has an option that its type does not know, lacks one that it "
        "needs, or holds a value that cannot be right. A `url` says host, port, user, password and database at once, "
        "and none of them may stand beside it.",
        remedy="Mend the option that the message names.",
        example="shop:\n  type: postgres\n  host: db.example.com\n  user: reader\n  password: ${env:SHOP_PASSWORD}\n"
        "  database: shop",
    ),
    CodeEntry(
        code="DD821",
        title="database server cannot be reached",
        meaning="No connection to the server came about: its name is not known, nobody listens there, a firewall "
        "drops the packets, or the server is starting, stopping or has no room for another session. The connection "
        "was tried again `connect_retries` times.",
        remedy="Check `host` and `port` of the connection and that the server runs; the step is tried again.",
    ),
    CodeEntry(
        code="DD822",
        title="database server denies access",
        meaning="The server does not know the user or the password, does not admit the user from this machine, or "
        "the user lacks a right on a table that the query reads.",
        remedy="Check `user` and `password` of the connection, or have the right granted.",
        example="GRANT SELECT ON orders TO reader",
    ),
    CodeEntry(
        code="DD823",
        title="no such database on the server",
        meaning="The server has no database of the name that the connection or the step gives, or the user may not "
        "know of it.",
        remedy="Mend `database` in the connection or in the step.",
    ),
    CodeEntry(
        code="DD824",
        title="connection to a database lost",
        meaning="The connection broke while a query ran or its rows were read. Nothing was published.",
        remedy="Nothing, as a rule: the step is tried again. If it happens at the same place each time, look into "
        "the server's log and for a proxy that ends long connections.",
    ),
    CodeEntry(
        code="DD825",
        title="query that the database refuses",
        meaning="The server cannot run the query, for the reason the message gives in its own words. Line and column "
        "are those of the query as it stands in the pipeline, after its variables were put in.",
        remedy="Mend the query; the message names the nearest name where one is unknown.",
    ),
    CodeEntry(
        code="DD826",
        title="value that the column's type has no place for",
        meaning="The source holds a value that the type its column is read as cannot express, such as a zero date in "
        "MySQL, or `infinity` or NaN in PostgreSQL. Nothing was published, because a value would have been "
        "changed or lost.",
        remedy="Select the column as text, or name it in `allow_lossy` of the step, which reads such values as NULL.",
        example="allow_lossy: [valid_until]",
    ),
    CodeEntry(
        code="DD828",
        title="extract that cannot be split",
        meaning="The step asks for parallel partitions, and the reader finds no safe way to cut the rows: no column "
        "is named and the query reads other than one table with a primary key, or the column's type has no order "
        "that can be cut into ranges.",
        remedy="Name an integer, date or timestamp column of the result to split by, or leave the splits out.",
        example="splits: 4\nsplit_by: id",
    ),
    CodeEntry(
        code="DD829",
        title="query that is not one SELECT",
        meaning="An extract runs exactly one query that returns rows, in a transaction that can only read.",
        remedy="Write one SELECT; it may begin with WITH.",
    ),
    CodeEntry(
        code="DD830",
        title="query ended by the server",
        meaning="The server ended the query before its last row: a time limit was reached, an administrator ended "
        "it, the server stopped or ran out of a resource, or a replica had to apply a change. Nothing was published.",
        remedy="The step is tried again. If a time limit ends it each time, raise the limit or extract fewer rows "
        "at once.",
    ),
    CodeEntry(
        code="DD831",
        title="encryption of a database connection failed",
        meaning="Client and server did not agree on an encrypted connection: the server has none, its certificate is "
        "not signed by a known authority or names another host, or a certificate file cannot be read.",
        remedy="Check the TLS options of the connection against the server's certificate.",
        example="shop:\n  type: postgres\n  host: db.example.com\n  user: reader\n  sslmode: verify-full\n"
        "  sslrootcert: certs/authority.pem",
    ),
    CodeEntry(
        code="DD834",
        title="answer that breaks the database's protocol",
        meaning="The server, or something between here and there, sent bytes that are no valid answer. The connection "
        "was dropped and nothing was published.",
        remedy="Nothing, as a rule: the step is tried again. If it happens each time, connect without the proxy or "
        "pooler in between, and report it.",
    ),
)
