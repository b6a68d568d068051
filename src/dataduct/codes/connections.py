"""Error codes of connections and of secrets kept elsewhere: DD623 to DD639 and DD652 to DD659."""

from dataduct.codes.entry import CodeEntry

ENTRIES: tuple[CodeEntry, ...] = (
    CodeEntry(
        code="DD623",
        title="Connection defined twice",
        meaning="An alias stands twice, among `connections`, `mysql` and `postgres`; it would be unclear which counts.",
        remedy="Remove one of the two, or give it another alias.",
    ),
    CodeEntry(
        code="DD624",
        title="URL that cannot be read",
        meaning="The URL of a connection, the warehouse or the storage is not one that has a host, user and the like.",
        remedy="Percent-encode what stands for itself in a user or password, or refer to the secret: what a reference "
        "stands for needs no encoding.",
        example="shop: mysql://reader:p@ss/word@db.example.com/shop       # wrong\n"
        "shop: mysql://reader:p%40ss%2Fword@db.example.com/shop\n"
        "shop: mysql://reader:${env:SHOP_PASSWORD}@db.example.com/shop",
    ),
    CodeEntry(
        code="DD626",
        title="Option said twice",
        meaning="An option stands in a URL and has another value beside it, or stands twice in the URL.",
        remedy="Leave one of them out.",
        example="shop: {url: 'mysql://reader@db.example.com/shop', host: other}   # wrong",
    ),
    CodeEntry(
        code="DD627",
        title="URL of another type",
        meaning="The `type` says one kind of system and the URL begins like that of another.",
        remedy="Leave out `type`: the URL says it. Where all of the URL is a secret, correct one of the two.",
        example="shop: {type: mysql, url: '${env:SHOP_URL}'}",
    ),
    CodeEntry(
        code="DD628",
        title="System of the first Dataduct without a host",
        meaning="A connection under `mysql:` or `postgres:`, or the section `redshift`, has no HOST. Nor does it name "
        "an RDS instance or a Redshift cluster whose address AWS could be asked for.",
        remedy="Add `HOST:` with the server's name or address, or RDS_INSTANCE_ID or CLUSTER_ID.",
        example="postgres:\n  shop: {HOST: shop.abc.eu-west-1.rds.amazonaws.com, USERNAME: reader, "
        "PASSWORD: '${env:SHOP_PASSWORD}'}",
    ),
    CodeEntry(
        code="DD629",
        title="Section without effect",
        meaning="The section `redshift` describes the warehouse where `warehouse` is not written; here it is. This "
        "is a warning.",
        remedy="Remove one of the two sections, or put one into a mode.",
    ),
    CodeEntry(
        code="DD652",
        title="Secret that AWS does not have",
        meaning="AWS Secrets Manager has no secret of this name, version or region, or the Parameter Store no such "
        "parameter.",
        remedy="Correct the name, or choose the region by `aws: {region: ...}` or AWS_REGION.",
    ),
    CodeEntry(
        code="DD653",
        title="Secret that AWS denies",
        meaning="The credentials are valid and may not read this secret.",
        remedy="Allow secretsmanager:GetSecretValue or ssm:GetParameter on it, and kms:Decrypt on its key.",
    ),
    CodeEntry(
        code="DD654",
        title="AWS cannot be reached",
        meaning="AWS did not answer, or asks to come back later, so a secret was not read. A run tries again.",
        remedy="Check the network, AWS_ENDPOINT_URL and the region.",
    ),
    CodeEntry(
        code="DD655",
        title="Secret without the key",
        meaning="The reference names a key of a secret, and the secret is no JSON object or has no such key.",
        remedy="Correct the key, or leave out `#` and the key to take the whole text.",
        example="password: ${aws-secretsmanager:prod/shop#password}",
    ),
    CodeEntry(
        code="DD656",
        title="No valid access to AWS",
        meaning="Credentials, region or profile are missing, unknown or expired.",
        remedy="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE and AWS_REGION, or write `aws:` in "
        "dataduct.yml.",
        example="aws: {region: eu-west-1, profile: analytics}",
    ),
    CodeEntry(
        code="DD657",
        title="Secret that AWS does not give",
        meaning="AWS refuses to give the secret, for the reason in the message.",
        remedy="Do what the message says; a key of AWS KMS may be disabled.",
    ),
    CodeEntry(
        code="DD658",
        title="Storage that does not keep what is written",
        meaning="A small file was written to the storage and could not be read back as it was.",
        remedy="Check what the storage's path or bucket leads to.",
    ),
    CodeEntry(
        code="DD659",
        title="No answer",
        meaning="A connection that is tested did not answer within the time limit.",
        remedy="Check host, port and firewall, or wait longer with `--timeout`.",
    ),
)
