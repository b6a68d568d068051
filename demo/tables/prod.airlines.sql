CREATE TABLE prod.airlines (
    carrier VARCHAR(2),
    name VARCHAR(100) NOT NULL,
    PRIMARY KEY (carrier)
) DISTSTYLE ALL;
