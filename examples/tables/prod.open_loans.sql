CREATE TABLE prod.open_loans (
    member_id INTEGER NOT NULL,
    books INTEGER NOT NULL,
    PRIMARY KEY (member_id)
);
