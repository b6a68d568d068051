DROP VIEW IF EXISTS crm.named;
CREATE SCHEMA IF NOT EXISTS crm;
CREATE SEQUENCE IF NOT EXISTS crm.people_id_seq START WITH 1 INCREMENT BY 1 MINVALUE 1;
CREATE TABLE crm.people__new (
    id BIGINT DEFAULT nextval('crm.people_id_seq') NOT NULL,
    name VARCHAR NOT NULL,
    team INTEGER,
    boss BIGINT,
    CHECK (length(name) <= 40)
);
INSERT INTO crm.people__new (id, name, team, boss)
SELECT id, name, team, boss
FROM crm.people;
CREATE TABLE crm.orders__new (
    id INTEGER NOT NULL,
    person INTEGER NOT NULL
);
INSERT INTO crm.orders__new (id, person)
SELECT id, person
FROM crm.orders;
CREATE TABLE crm.teams__new (
    id INTEGER NOT NULL,
    lead BIGINT
);
INSERT INTO crm.teams__new (id, lead)
SELECT id, lead
FROM crm.teams;
DROP TABLE IF EXISTS crm.teams;
DROP TABLE IF EXISTS crm.orders;
DROP TABLE IF EXISTS crm.people;
ALTER TABLE crm.people__new RENAME TO people;
ALTER TABLE crm.orders__new RENAME TO orders;
ALTER TABLE crm.teams__new RENAME TO teams;
CREATE VIEW crm.named (person) AS
SELECT name FROM crm.people;
