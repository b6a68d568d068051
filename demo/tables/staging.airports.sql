CREATE TABLE staging.airports (
    faa VARCHAR(3),
    name VARCHAR(100) NOT NULL,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    alt INTEGER,
    tz INTEGER,
    dst VARCHAR(1),
    tzone VARCHAR(40),
    PRIMARY KEY (faa)
) DISTSTYLE ALL;
