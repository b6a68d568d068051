-- drop temporary table dataduct_hist_courses_history_ended_versions of an earlier attempt
DROP TABLE IF EXISTS dataduct_hist_courses_history_ended_versions;

-- find versions that hold no longer
CREATE TEMPORARY TABLE dataduct_hist_courses_history_ended_versions AS
SELECT versions.id, versions.effective_ts
FROM hist.courses_history AS versions
LEFT JOIN prod.courses AS current_rows ON current_rows.id = versions.id
WHERE versions.expiration_ts = CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP)
    AND (current_rows.id IS NULL
        OR versions.name IS DISTINCT FROM current_rows.name
        OR versions.price IS DISTINCT FROM current_rows.price
    );

-- measure temporary table dataduct_hist_courses_history_ended_versions for the planner
ANALYZE dataduct_hist_courses_history_ended_versions;

-- delete those that were to begin now or later
DELETE FROM hist.courses_history
USING dataduct_hist_courses_history_ended_versions
WHERE hist.courses_history.id = dataduct_hist_courses_history_ended_versions.id
    AND hist.courses_history.expiration_ts = CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP)
    AND dataduct_hist_courses_history_ended_versions.effective_ts >= CAST('2026-01-02 00:00:00' AS TIMESTAMP);

-- let the others expire
UPDATE hist.courses_history
SET expiration_ts = CAST('2026-01-02 00:00:00' AS TIMESTAMP) - INTERVAL '1 microsecond'
FROM dataduct_hist_courses_history_ended_versions
WHERE hist.courses_history.id = dataduct_hist_courses_history_ended_versions.id
    AND hist.courses_history.expiration_ts = CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP);

-- drop temporary table dataduct_hist_courses_history_begun_keys of an earlier attempt
DROP TABLE IF EXISTS dataduct_hist_courses_history_begun_keys;

-- find keys without a version
CREATE TEMPORARY TABLE dataduct_hist_courses_history_begun_keys AS
SELECT current_rows.id
FROM prod.courses AS current_rows
LEFT JOIN hist.courses_history AS versions ON versions.id = current_rows.id
    AND versions.expiration_ts = CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP)
WHERE versions.expiration_ts IS NULL;

-- measure temporary table dataduct_hist_courses_history_begun_keys for the planner
ANALYZE dataduct_hist_courses_history_begun_keys;

-- insert their versions
INSERT INTO hist.courses_history (effective_ts, expiration_ts, id, name, price)
SELECT GREATEST(CAST('2026-01-02 00:00:00' AS TIMESTAMP), earlier.last_expiration + INTERVAL '1 microsecond'), CAST('9999-12-31 23:59:59.999999' AS TIMESTAMP), current_rows.id, current_rows.name, current_rows.price
FROM prod.courses AS current_rows
INNER JOIN dataduct_hist_courses_history_begun_keys AS begun ON current_rows.id = begun.id
LEFT JOIN (
    SELECT versions.id, MAX(versions.expiration_ts) AS last_expiration
    FROM hist.courses_history AS versions
    INNER JOIN dataduct_hist_courses_history_begun_keys AS begun ON versions.id = begun.id
    GROUP BY versions.id
) AS earlier ON current_rows.id = earlier.id;

-- drop temporary table dataduct_hist_courses_history_begun_keys
DROP TABLE IF EXISTS dataduct_hist_courses_history_begun_keys;

-- drop temporary table dataduct_hist_courses_history_ended_versions
DROP TABLE IF EXISTS dataduct_hist_courses_history_ended_versions;
