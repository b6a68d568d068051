CREATE TABLE prod.courses (
    course_id INTEGER NOT NULL,
    slug VARCHAR(255),
    title VARCHAR(2000),
    created_ts TIMESTAMP,
    PRIMARY KEY (course_id)
);
