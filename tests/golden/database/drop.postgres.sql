DROP VIEW IF EXISTS crm.named;
DROP TABLE IF EXISTS crm.teams, crm.orders, crm.people;
