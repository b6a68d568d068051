CREATE TABLE prod.planes (
    tailnum VARCHAR(6),
    year INTEGER,
    type VARCHAR(40),
    manufacturer VARCHAR(40),
    model VARCHAR(40),
    engines INTEGER,
    seats INTEGER,
    speed INTEGER,
    engine VARCHAR(20),
    PRIMARY KEY (tailnum)
) DISTSTYLE ALL;
