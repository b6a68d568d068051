-- drop temporary table dataduct_enrollments_new_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_enrollments_new_rows;

-- create temporary table dataduct_enrollments_new_rows
CREATE TEMPORARY TABLE dataduct_enrollments_new_rows (user_id INTEGER, "Course" INTEGER, "order" JSON, note VARCHAR, code VARCHAR);

-- read the new rows
INSERT INTO dataduct_enrollments_new_rows (user_id, "Course", "order", note, code)
SELECT user_id, course, "order", note, code
FROM (
SELECT user_id, course, "order", note, 'ab' AS code FROM staging.enrollments
) AS source_rows;

-- drop temporary table dataduct_enrollments_repeated_keys of an earlier attempt
DROP TABLE IF EXISTS dataduct_enrollments_repeated_keys;

-- find the keys that stand twice
CREATE TEMPORARY TABLE dataduct_enrollments_repeated_keys AS
SELECT user_id, "Course"
FROM dataduct_enrollments_new_rows
GROUP BY user_id, "Course"
HAVING COUNT(*) > 1;

-- drop temporary table dataduct_enrollments_kept_rows of an earlier attempt
DROP TABLE IF EXISTS dataduct_enrollments_kept_rows;

-- choose one row of each of these keys
CREATE TEMPORARY TABLE dataduct_enrollments_kept_rows AS
SELECT user_id, "Course", "order", note, code
FROM (
    SELECT all_rows.user_id, all_rows."Course", all_rows."order", all_rows.note, all_rows.code, ROW_NUMBER() OVER (
        PARTITION BY all_rows.user_id, all_rows."Course"
        ORDER BY all_rows."order" DESC NULLS LAST, all_rows.note DESC NULLS LAST, all_rows.code DESC NULLS LAST
    ) AS row_rank
    FROM dataduct_enrollments_new_rows AS all_rows
    INNER JOIN dataduct_enrollments_repeated_keys AS repeated ON all_rows.user_id = repeated.user_id AND all_rows."Course" = repeated."Course"
) AS ranked
WHERE row_rank = 1;

-- delete the rows of these keys
DELETE FROM dataduct_enrollments_new_rows
USING dataduct_enrollments_repeated_keys
WHERE dataduct_enrollments_new_rows.user_id = dataduct_enrollments_repeated_keys.user_id AND dataduct_enrollments_new_rows."Course" = dataduct_enrollments_repeated_keys."Course";

-- insert the chosen rows
INSERT INTO dataduct_enrollments_new_rows (user_id, "Course", "order", note, code)
SELECT user_id, "Course", "order", note, code
FROM dataduct_enrollments_kept_rows;

-- drop temporary table dataduct_enrollments_kept_rows
DROP TABLE IF EXISTS dataduct_enrollments_kept_rows;

-- drop temporary table dataduct_enrollments_repeated_keys
DROP TABLE IF EXISTS dataduct_enrollments_repeated_keys;

-- delete the rows that are replaced
DELETE FROM enrollments
USING dataduct_enrollments_new_rows
WHERE enrollments.user_id = dataduct_enrollments_new_rows.user_id AND enrollments."Course" = dataduct_enrollments_new_rows."Course";

-- insert the new rows
INSERT INTO enrollments (user_id, "Course", "order", note, code)
SELECT user_id, "Course", "order", note, code
FROM dataduct_enrollments_new_rows;

-- drop temporary table dataduct_enrollments_new_rows
DROP TABLE IF EXISTS dataduct_enrollments_new_rows;
