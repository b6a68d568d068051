CREATE TABLE prod.loans_history (
    effective_ts TIMESTAMP,
    expiration_ts TIMESTAMP,
    loan_id INTEGER NOT NULL,
    book_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    lent_on DATE NOT NULL,
    returned_on DATE
);
