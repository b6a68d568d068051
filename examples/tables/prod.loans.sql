CREATE TABLE prod.loans (
    loan_id INTEGER NOT NULL,
    book_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    lent_on DATE NOT NULL,
    returned_on DATE,
    PRIMARY KEY (loan_id)
);
