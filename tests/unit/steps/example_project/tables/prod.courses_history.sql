CREATE TABLE prod.courses_history (
    course_id INTEGER NOT NULL,
    slug VARCHAR(255),
    title VARCHAR(2000),
    created_at TIMESTAMP,
    effective_ts TIMESTAMP NOT NULL,
    expiration_ts TIMESTAMP NOT NULL
);
