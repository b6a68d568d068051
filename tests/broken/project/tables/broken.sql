CREATE TABLE prod.broken (
    id INTEGR NOT NULL,
    name VARCHAR(20),
    PRIMARY KEY (idd)
);
