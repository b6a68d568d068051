-- drop temporary table dataduct_prod_courses_new_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_prod_courses_new_rows;

-- create temporary table dataduct_prod_courses_new_rows
CREATE TEMPORARY TABLE dataduct_prod_courses_new_rows (id BIGINT, name VARCHAR, price DECIMAL(9,2), updated TIMESTAMP);

-- read the new rows
INSERT INTO dataduct_prod_courses_new_rows (id, name, price, updated)
SELECT id, name, price, updated
FROM staging.courses;

-- drop temporary table dataduct_prod_courses_repeated_keys of an earlier attempt
DROP TABLE IF EXISTS dataduct_prod_courses_repeated_keys;

-- find the keys that stand twice
CREATE TEMPORARY TABLE dataduct_prod_courses_repeated_keys AS
SELECT id
FROM dataduct_prod_courses_new_rows
GROUP BY id
HAVING COUNT(*) > 1;

-- drop temporary table dataduct_prod_courses_kept_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_prod_courses_kept_rows;

-- choose one row of each of these keys
CREATE TEMPORARY TABLE dataduct_prod_courses_kept_rows AS
SELECT id, name, price, updated
FROM (
    SELECT all_rows.id, all_rows.name, all_rows.price, all_rows.updated, ROW_NUMBER() OVER (
        PARTITION BY all_rows.id
        ORDER BY all_rows.name DESC NULLS LAST, all_rows.price DESC NULLS LAST, all_rows.updated DESC NULLS LAST
    ) AS row_rank
    FROM dataduct_prod_courses_new_rows AS all_rows
    INNER JOIN dataduct_prod_courses_repeated_keys AS repeated ON all_rows.id = repeated.id
) AS ranked
WHERE row_rank = 1;

-- delete the rows of these keys
DELETE FROM dataduct_prod_courses_new_rows
USING dataduct_prod_courses_repeated_keys
WHERE dataduct_prod_courses_new_rows.id = dataduct_prod_courses_repeated_keys.id;

-- insert the chosen rows
INSERT INTO dataduct_prod_courses_new_rows (id, name, price, updated)
SELECT id, name, price, updated
FROM dataduct_prod_courses_kept_rows;

-- drop temporary table dataduct_prod_courses_kept_rows
DROP TABLE IF EXISTS dataduct_prod_courses_kept_rows;

-- drop temporary table dataduct_prod_courses_repeated_keys
DROP TABLE IF EXISTS dataduct_prod_courses_repeated_keys;

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
