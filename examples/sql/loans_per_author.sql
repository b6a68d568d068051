DELETE FROM prod.loans_per_author;
INSERT INTO prod.loans_per_author
SELECT b.author, COUNT(*)
FROM prod.loans AS l
JOIN staging.books AS b ON b.book_id = l.book_id
WHERE b.year IS NULL OR b.year >= %s
GROUP BY b.author;
