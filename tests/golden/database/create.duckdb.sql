CREATE SCHEMA IF NOT EXISTS crm;
CREATE SEQUENCE IF NOT EXISTS crm.people_id_seq START WITH 1 INCREMENT BY 1 MINVALUE 1;
CREATE TABLE crm.people (
    id BIGINT DEFAULT nextval('crm.people_id_seq') NOT NULL,
    name VARCHAR NOT NULL,
    team INTEGER,
    boss BIGINT,
    CHECK (length(name) <= 40)
);
CREATE VIEW crm.named (person) AS
SELECT name FROM crm.people;
CREATE TABLE crm.orders (
    id INTEGER NOT NULL,
    person INTEGER NOT NULL
);
CREATE TABLE crm.teams (
    id INTEGER NOT NULL,
    lead BIGINT
);
