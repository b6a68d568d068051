"""Error codes of object storage and of the formats of files: DD850 to DD869."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD850",
        title="wrong settings of an S3 storage or connection",
        meaning="The settings of a storage or connection of type `s3` hold a name or a value that cannot be used.",
        remedy="Mend the setting that the message names.",
        example="storage:\n  type: s3\n  uri: s3://my-bucket/dataduct\n  region: eu-west-1",
    ),
    CodeEntry(
        code="DD851",
        title="S3 endpoint cannot be reached",
        meaning="No connection to the S3 endpoint could be made, or TLS with it failed.",
        remedy="Check `endpoint_url`, `region`, the network and the certificate. An endpoint that cannot be reached is "
        "tried again.",
    ),
    CodeEntry(
        code="DD852",
        title="no such bucket",
        meaning="The S3 endpoint has no bucket of that name.",
        remedy="Check the bucket's name, `endpoint_url` and `region`; Dataduct makes no buckets.",
    ),
    CodeEntry(
        code="DD853",
        title="access to a bucket denied",
        meaning="There are no credentials, they are wrong or have expired, or they lack a right in the bucket.",
        remedy="Check the credentials. A storage needs the rights to list the bucket, and to read, write and delete "
        "objects below its prefix, also to end multipart uploads; an extract needs to list and read.",
    ),
    CodeEntry(
        code="DD854",
        title="bucket in another region",
        meaning="The bucket is in another region than the one that was asked.",
        remedy="Set `region` to the bucket's region; the message names it where the endpoint says it.",
    ),
    CodeEntry(
        code="DD855",
        title="clock differs from the S3 endpoint's",
        meaning="The endpoint refuses requests whose time differs from its own by more than 15 minutes.",
        remedy="Set this machine's clock.",
    ),
    CodeEntry(
        code="DD856",
        title="S3 endpoint failed or is overloaded",
        meaning="Requests failed or were throttled, or the connection was lost, more often than `max_retries` allows.",
        remedy="Nothing, as a rule: the step is tried again. If it lasts, run fewer steps at the same time.",
    ),
    CodeEntry(
        code="DD857",
        title="request that the S3 endpoint refuses",
        meaning="The endpoint refused a request for the reason the message gives.",
        remedy="Mend what the server's words name. A storage needs an endpoint that supports conditional writes "
        "(If-Match, If-None-Match), multipart uploads and listings.",
    ),
    CodeEntry(
        code="DD859",
        title="object changed while it was read",
        meaning="An object was deleted or written anew between two requests for it. Nothing of it was used.",
        remedy="Nothing, as a rule: the step is tried again. Let whoever writes the files finish first.",
    ),
    CodeEntry(
        code="DD860",
        title="not an S3 URI",
        meaning="The text does not name a bucket and a path in it.",
        remedy="Write `s3://bucket/path`; a directory ends with a slash.",
        example="file_uri: s3://bucket/courses/*.tsv",
    ),
    CodeEntry(
        code="DD861",
        title="no such file in S3",
        meaning="There is no object of that name, nothing below the directory, or nothing that matches the pattern. An "
        "empty directory marker is no file.",
        remedy="Check the spelling; the message names the nearest name there is, and who writes the files.",
    ),
    CodeEntry(
        code="DD862",
        title="connection that leads to no bucket",
        meaning="`extract-s3` names a connection of another type than `s3`.",
        remedy="Name a connection of type `s3`, or none to use the credentials that AWS tools find.",
        example="connections:\n  lake:\n    type: s3\n    region: eu-west-1",
    ),
    CodeEntry(
        code="DD863",
        title="query on a connection of type s3",
        meaning="A bucket holds files and no tables, so that no query can be run on it.",
        remedy="Bring its files into the run with `extract-s3`, and load them.",
    ),
    CodeEntry(
        code="DD864",
        title="files of several formats",
        meaning="The files that are to be loaded into one table end in different ways (`.csv` and `.parquet`).",
        remedy="Name files of one format with a pattern, or say with `format` how to read them all.",
    ),
    CodeEntry(
        code="DD865",
        title="compression that cannot be read",
        meaning="The file's name says that it is compressed in a way that Dataduct does not read, such as lzo.",
        remedy="Compress it with gzip, bzip2 or zstd, so that its name ends in `.gz`, `.bz2` or `.zst`.",
    ),
    CodeEntry(
        code="DD866",
        title="line that is no JSON object",
        meaning="A file of JSON lines holds one JSON object on each line. This line is no JSON, or no object, or it "
        "holds one key twice.",
        remedy="Mend the line that the message names, or allow some to be left out with `max_errors`.",
        example='{"id": 1, "title": "Algebra"}',
    ),
)
