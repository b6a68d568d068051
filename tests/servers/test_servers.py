import pytest
from servers import MariaDb, Postgres, S3Server

@pytest.mark.parametrize("n", range(4))
def test_all(n, mariadb_server, postgres_server, s3_server):
    assert postgres_server.execute("select 1")
    assert mariadb_server.execute("select 1")
    s3_server.fresh_bucket()

def test_priv(private_postgres): private_postgres.kill()
def test_priv2(private_mariadb): private_mariadb.kill()
