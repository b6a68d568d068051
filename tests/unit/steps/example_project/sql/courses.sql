-- The courses that are open.
SELECT id, slug, title, created_at FROM courses WHERE open;
