CREATE TABLE staging.courses (
    course_id INTEGER NOT NULL PRIMARY KEY,
    slug VARCHAR(255),
    title VARCHAR(2000),
    created_at TIMESTAMP
);
