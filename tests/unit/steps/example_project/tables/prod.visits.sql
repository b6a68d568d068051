CREATE TABLE prod.visits (
    course_id INTEGER,
    visited_at TIMESTAMP
);
