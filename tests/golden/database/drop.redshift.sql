DROP VIEW IF EXISTS crm.named;
ALTER TABLE crm.people DROP CONSTRAINT people_team_fkey;
DROP TABLE IF EXISTS crm.teams;
DROP TABLE IF EXISTS crm.orders;
DROP TABLE IF EXISTS crm.people;
