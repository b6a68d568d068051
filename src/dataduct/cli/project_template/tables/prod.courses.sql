CREATE TABLE prod.courses (
    id INTEGER NOT NULL PRIMARY KEY,
    slug VARCHAR(60) NOT NULL,
    title VARCHAR(120) NOT NULL,
    subject VARCHAR(40) NOT NULL,
    weeks INTEGER,
    launched_on DATE,
    enrolled INTEGER
);
