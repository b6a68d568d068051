-- drop temporary table dataduct_prod_courses_new_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_prod_courses_new_rows;

-- create temporary table dataduct_prod_courses_new_rows
CREATE TEMPORARY TABLE dataduct_prod_courses_new_rows (id BIGINT, name VARCHAR, price DECIMAL(9,2), updated TIMESTAMP);

-- read the new rows
INSERT INTO dataduct_prod_courses_new_rows (id, name, price, updated)
SELECT *
FROM (
SELECT * FROM staging.courses
) AS source_rows;

-- delete the rows that are replaced
DELETE FROM prod.courses
USING dataduct_prod_courses_new_rows
WHERE prod.courses.id = dataduct_prod_courses_new_rows.id;

-- insert the new rows
INSERT INTO prod.courses (id, name, price, updated)
SELECT id, name, price, updated
FROM dataduct_prod_courses_new_rows;

-- drop temporary table dataduct_prod_courses_new_rows
DROP TABLE IF EXISTS dataduct_prod_courses_new_rows;
