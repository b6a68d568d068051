CREATE TABLE books (book_id INTEGER PRIMARY KEY, title TEXT NOT NULL, author TEXT, year INTEGER);
INSERT INTO books VALUES
    (1, 'Middlemarch', 'George Eliot', 1871),
    (2, 'Moby-Dick', 'Herman Melville', 1851),
    (3, 'Persuasion', 'Jane Austen', 1817),
    (4, 'The Song of Roland', NULL, NULL);
CREATE TABLE members (member_id INTEGER PRIMARY KEY, name TEXT NOT NULL, joined TEXT NOT NULL);
INSERT INTO members VALUES
    (10, 'Ada', '2019-03-01'),
    (11, 'Blaise', '2020-07-14'),
    (12, 'Carl', '2021-11-30');
CREATE TABLE loans (
    loan_id INTEGER PRIMARY KEY,
    book_id INTEGER NOT NULL REFERENCES books (book_id),
    member_id INTEGER NOT NULL REFERENCES members (member_id),
    lent_on DATE NOT NULL,
    returned_on DATE
);
INSERT INTO loans VALUES
    (100, 1, 10, '2026-01-02', '2026-01-16'),
    (101, 2, 11, '2026-01-05', NULL),
    (102, 3, 10, '2026-01-20', NULL),
    (103, 1, 12, '2026-01-21', NULL);
