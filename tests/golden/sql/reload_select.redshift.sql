-- drop temporary table dataduct_staging_courses_new_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_staging_courses_new_rows;

-- create temporary table dataduct_staging_courses_new_rows
CREATE TEMPORARY TABLE dataduct_staging_courses_new_rows (id BIGINT, name VARCHAR(20), price NUMERIC(9,2), updated TIMESTAMP);

-- read the new rows
INSERT INTO dataduct_staging_courses_new_rows (id, name, price, updated)
SELECT pk, pk_2, column_3, n
FROM (
SELECT u.pk, c.pk, 3.5, n -- note
FROM u, c
) AS source_rows (pk, pk_2, column_3, n)
WHERE n <> '';

-- delete all rows
DELETE FROM staging.courses;

-- insert the new rows
INSERT INTO staging.courses (id, name, price, updated)
SELECT id, name, price, updated
FROM dataduct_staging_courses_new_rows;

-- drop temporary table dataduct_staging_courses_new_rows
DROP TABLE IF EXISTS dataduct_staging_courses_new_rows;
