-- create the schema
CREATE SCHEMA IF NOT EXISTS prod;

-- create the table
CREATE TABLE IF NOT EXISTS prod.courses (
    id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    price DECIMAL(9,2),
    updated TIMESTAMP,
    CHECK (length(name) <= 20)
);
