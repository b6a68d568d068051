CREATE TABLE prod.members (
    member_id INTEGER NOT NULL,
    name VARCHAR(100) NOT NULL,
    joined DATE NOT NULL,
    PRIMARY KEY (member_id)
);
