-- create the sequence of column row_id
CREATE SEQUENCE IF NOT EXISTS enrollments_row_id_seq START WITH 1 INCREMENT BY 1 MINVALUE 1;

-- create the table
CREATE TABLE enrollments (
    user_id INTEGER NOT NULL,
    "Course" INTEGER NOT NULL,
    "order" JSON,
    loaded_at TIMESTAMP DEFAULT timezone('UTC', now()),
    row_id BIGINT DEFAULT nextval('enrollments_row_id_seq') NOT NULL,
    note VARCHAR,
    code VARCHAR,
    CHECK (length(code) <= 2),
    CHECK (user_id > 0)
);
