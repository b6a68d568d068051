CREATE TABLE prod.loans_per_author (
    author VARCHAR(100),
    loans INTEGER NOT NULL
);
