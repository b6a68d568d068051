-- count a table
SELECT COUNT(*) AS row_count
FROM prod.courses;

-- count a query
SELECT COUNT(*) AS row_count
FROM (
SELECT a FROM t
) AS counted_rows;

-- duplicates
SELECT user_id, "Course", COUNT(*) AS row_count
FROM enrollments
WHERE user_id IS NOT NULL AND "Course" IS NOT NULL
GROUP BY user_id, "Course"
HAVING COUNT(*) > 1
ORDER BY row_count DESC, user_id, "Course"
LIMIT 10;

-- null keys
SELECT user_id, "Course"
FROM enrollments
WHERE user_id IS NULL OR "Course" IS NULL
LIMIT 10;

-- refresh the table's statistics
ANALYZE prod.courses;
