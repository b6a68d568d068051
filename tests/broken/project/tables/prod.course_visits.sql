CREATE TABLE prod.course_visits (course_id INTEGER, visited_at TIMESTAMP);
