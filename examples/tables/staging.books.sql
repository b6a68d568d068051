CREATE TABLE staging.books (
    book_id INTEGER NOT NULL,
    title VARCHAR(200) NOT NULL,
    author VARCHAR(100),
    year INTEGER,
    PRIMARY KEY (book_id)
);
