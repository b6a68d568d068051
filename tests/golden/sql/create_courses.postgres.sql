-- create the schema
CREATE SCHEMA IF NOT EXISTS prod;

-- create the table
CREATE TABLE IF NOT EXISTS prod.courses (
    id BIGINT NOT NULL,
    name VARCHAR(20) NOT NULL,
    price NUMERIC(9,2),
    updated TIMESTAMP,
    PRIMARY KEY (id)
);
