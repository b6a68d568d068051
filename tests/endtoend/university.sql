-- A university: thirty tables of every kind of key and type, a few hundred rows in most. Read by university.py, which
-- puts the words of MariaDB or PostgreSQL in place of what stands between < and >.

CREATE TABLE faculties (id INTEGER NOT NULL PRIMARY KEY, code CHAR(4) NOT NULL UNIQUE, name VARCHAR(80) NOT NULL, founded DATE, dean_id INTEGER);
INSERT INTO faculties SELECT seq, concat('F', seq), concat('Faculty ', seq), <day:seq>, seq <rows:8>;

CREATE TABLE departments (id INTEGER NOT NULL PRIMARY KEY, faculty_id INTEGER NOT NULL, parent_id INTEGER, name VARCHAR(80) NOT NULL, budget DECIMAL(14,2), FOREIGN KEY (faculty_id) REFERENCES faculties (id), FOREIGN KEY (parent_id) REFERENCES departments (id));
INSERT INTO departments SELECT seq, 1 + seq % 8, NULL, concat('Department ', seq), seq * 1000.25 <rows:40>;
UPDATE departments SET parent_id = id - 1 WHERE id % 4 <> 1;

CREATE TABLE staff (id INTEGER NOT NULL PRIMARY KEY, department_id INTEGER NOT NULL, manager_id INTEGER, name VARCHAR(80) NOT NULL, email VARCHAR(120), hired DATE NOT NULL, salary DECIMAL(10,2), photo <blob>, FOREIGN KEY (department_id) REFERENCES departments (id), FOREIGN KEY (manager_id) REFERENCES staff (id));
INSERT INTO staff SELECT seq, 1 + seq % 40, NULL, concat('Zoë ', seq), concat('s', seq, '@example.org'), <day:seq>, 3000.5 + seq, NULL <rows:200>;
UPDATE staff SET manager_id = 1 + id % 20 WHERE id > 20;
ALTER TABLE faculties ADD FOREIGN KEY (dean_id) REFERENCES staff (id);

CREATE TABLE students (id <uuid> NOT NULL PRIMARY KEY, number INTEGER NOT NULL UNIQUE, name VARCHAR(80) NOT NULL, born DATE, email VARCHAR(120), active BOOLEAN NOT NULL, created <moment> NOT NULL);
INSERT INTO students SELECT <uuid:seq>, seq, concat('Ada ', seq), <day:-seq>, CASE WHEN seq % 3 = 0 THEN NULL ELSE concat(seq, '@example.org') END, seq % 5 <> 0, <moment:seq> <rows:400>;

CREATE TABLE addresses (student_id <uuid> NOT NULL, kind VARCHAR(10) NOT NULL, street TEXT, city VARCHAR(60), PRIMARY KEY (student_id, kind), FOREIGN KEY (student_id) REFERENCES students (id));
INSERT INTO addresses SELECT <uuid:seq>, 'home', concat('1 Rue d''Été ', seq), 'Paris' <rows:300>;

CREATE TABLE programmes (id SMALLINT NOT NULL PRIMARY KEY, department_id INTEGER NOT NULL, title VARCHAR(100), level SMALLINT, description TEXT, FOREIGN KEY (department_id) REFERENCES departments (id));
INSERT INTO programmes SELECT seq, 1 + seq % 40, concat('Programme ', seq), seq % 3, NULL <rows:60>;

CREATE TABLE courses (code VARCHAR(12) NOT NULL PRIMARY KEY, department_id INTEGER NOT NULL, title VARCHAR(100) NOT NULL, credits DECIMAL(4,1), syllabus <json>, FOREIGN KEY (department_id) REFERENCES departments (id));
INSERT INTO courses SELECT concat('C', seq), 1 + seq % 40, concat('Course ', seq), seq % 10 + 0.5, concat('{"weeks": ', seq % 14, '}')<as:json> <rows:150>;

CREATE TABLE prerequisites (course_code VARCHAR(12) NOT NULL, required_code VARCHAR(12) NOT NULL, PRIMARY KEY (course_code, required_code), FOREIGN KEY (course_code) REFERENCES courses (code), FOREIGN KEY (required_code) REFERENCES courses (code));
INSERT INTO prerequisites SELECT concat('C', seq + 1), concat('C', seq) <rows:140>;

CREATE TABLE terms (year SMALLINT NOT NULL, season VARCHAR(6) NOT NULL, starts DATE NOT NULL, PRIMARY KEY (year, season));
INSERT INTO terms SELECT 2000 + seq, 'spring', <day:seq> <rows:25>;

CREATE TABLE offerings (id INTEGER NOT NULL PRIMARY KEY, course_code VARCHAR(12) NOT NULL, year SMALLINT NOT NULL, season VARCHAR(6) NOT NULL, teacher_id INTEGER, FOREIGN KEY (course_code) REFERENCES courses (code), FOREIGN KEY (year, season) REFERENCES terms (year, season), FOREIGN KEY (teacher_id) REFERENCES staff (id));
INSERT INTO offerings SELECT seq, concat('C', 1 + seq % 150), 2001 + seq % 25, 'spring', 1 + seq % 200 <rows:300>;

CREATE TABLE buildings (code VARCHAR(10) NOT NULL PRIMARY KEY, name VARCHAR(60), area <float>, height DOUBLE PRECISION);
INSERT INTO buildings SELECT concat('B', seq), concat('Building ', seq), seq * 1.5, seq / 3.0 <rows:20>;

CREATE TABLE rooms (building_code VARCHAR(10) NOT NULL, number SMALLINT NOT NULL, capacity SMALLINT, has_projector BOOLEAN, PRIMARY KEY (building_code, number), FOREIGN KEY (building_code) REFERENCES buildings (code));
INSERT INTO rooms SELECT concat('B', 1 + seq % 20), seq, seq % 100, seq % 2 = 0 <rows:300>;

CREATE TABLE meetings (offering_id INTEGER NOT NULL, weekday SMALLINT NOT NULL, starts TIME NOT NULL, building_code VARCHAR(10), room_number SMALLINT, PRIMARY KEY (offering_id, weekday, starts), FOREIGN KEY (offering_id) REFERENCES offerings (id), FOREIGN KEY (building_code, room_number) REFERENCES rooms (building_code, number));
INSERT INTO meetings SELECT seq, seq % 5, '10:15:00', concat('B', 1 + seq % 20), seq <rows:300>;

CREATE TABLE enrollments (student_id <uuid> NOT NULL, offering_id INTEGER NOT NULL, enrolled_at <moment>, grade DECIMAL(3,1), PRIMARY KEY (student_id, offering_id), FOREIGN KEY (student_id) REFERENCES students (id), FOREIGN KEY (offering_id) REFERENCES offerings (id));
INSERT INTO enrollments SELECT <uuid:seq>, 1 + seq % 300, <moment:seq>, CASE WHEN seq % 2 = 0 THEN 1.3 END <rows:400>;

CREATE TABLE exams (id BIGINT NOT NULL PRIMARY KEY, offering_id INTEGER NOT NULL, held_at <zoned>, minutes INTEGER, FOREIGN KEY (offering_id) REFERENCES offerings (id));
INSERT INTO exams SELECT seq, seq, <moment:seq>, 90 <rows:250>;

CREATE TABLE exam_results (exam_id BIGINT NOT NULL, student_id <uuid> NOT NULL, points DECIMAL(5,2), remarks TEXT, PRIMARY KEY (exam_id, student_id), FOREIGN KEY (exam_id) REFERENCES exams (id), FOREIGN KEY (student_id) REFERENCES students (id));
INSERT INTO exam_results SELECT seq, <uuid:seq>, seq % 100 + 0.25, concat('line 1', <char:10>, 'tab', <char:9>, 'quote " end') <rows:250>;

CREATE TABLE books (isbn CHAR(13) NOT NULL PRIMARY KEY, title VARCHAR(200) NOT NULL, published SMALLINT, pages INTEGER, price DECIMAL(8,2));
INSERT INTO books SELECT lpad(concat(seq, ''), 13, '0'), concat('Book ', seq), 1900 + seq % 120, seq, seq * 0.99 <rows:300>;

CREATE TABLE authors (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL, born DATE);
INSERT INTO authors SELECT seq, concat('Author ', seq), <day:-seq * 30> <rows:120>;

CREATE TABLE book_authors (isbn CHAR(13) NOT NULL, author_id INTEGER NOT NULL, place SMALLINT, PRIMARY KEY (isbn, author_id), FOREIGN KEY (isbn) REFERENCES books (isbn), FOREIGN KEY (author_id) REFERENCES authors (id));
INSERT INTO book_authors SELECT lpad(concat(seq, ''), 13, '0'), 1 + seq % 120, 1 <rows:300>;

CREATE TABLE copies (barcode BIGINT NOT NULL PRIMARY KEY, isbn CHAR(13) NOT NULL, acquired DATE, state <enum>, FOREIGN KEY (isbn) REFERENCES books (isbn));
INSERT INTO copies SELECT 9000000000 + seq, lpad(concat(1 + seq % 300, ''), 13, '0'), <day:seq>, 'worn' <rows:400>;

CREATE TABLE loans (id BIGINT NOT NULL PRIMARY KEY, barcode BIGINT NOT NULL, student_id <uuid> NOT NULL, lent_at <moment> NOT NULL, due DATE, returned_at <moment>, FOREIGN KEY (barcode) REFERENCES copies (barcode), FOREIGN KEY (student_id) REFERENCES students (id));
INSERT INTO loans SELECT seq, 9000000000 + seq, <uuid:seq>, <moment:seq>, <day:seq>, NULL <rows:400>;

CREATE TABLE fines (loan_id BIGINT NOT NULL PRIMARY KEY, amount DECIMAL(8,2) NOT NULL, paid BOOLEAN, FOREIGN KEY (loan_id) REFERENCES loans (id));
INSERT INTO fines SELECT seq, seq * 0.1, seq % 2 = 0 <rows:100>;

CREATE TABLE <q>order<q> (id INTEGER NOT NULL PRIMARY KEY, <q>group<q> VARCHAR(20), <q>select<q> INTEGER, <q>user<q> VARCHAR(20), at <moment>);
INSERT INTO <q>order<q> SELECT seq, 'g', seq, NULL, <moment:seq> <rows:200>;

CREATE TABLE <q>Order Lines<q> (<q>Order Id<q> INTEGER NOT NULL, <q>Line-No.<q> INTEGER NOT NULL, <q>Größe<q> INTEGER, price DECIMAL(8,2), <q>twice<q> DECIMAL(9,2) GENERATED ALWAYS AS (price * 2) STORED, PRIMARY KEY (<q>Order Id<q>, <q>Line-No.<q>), FOREIGN KEY (<q>Order Id<q>) REFERENCES <q>order<q> (id));
INSERT INTO <q>Order Lines<q> (<q>Order Id<q>, <q>Line-No.<q>, <q>Größe<q>, price) SELECT seq, 1, seq, 2.5 <rows:200>;

CREATE TABLE tags (name VARCHAR(60) NOT NULL PRIMARY KEY);
INSERT INTO tags SELECT concat('tag ', seq) <rows:30>;

CREATE TABLE course_tags (course_code VARCHAR(12) NOT NULL, tag VARCHAR(60) NOT NULL, PRIMARY KEY (tag, course_code), FOREIGN KEY (course_code) REFERENCES courses (code), FOREIGN KEY (tag) REFERENCES tags (name));
INSERT INTO course_tags SELECT concat('C', seq), concat('tag ', 1 + seq % 30) <rows:150>;

CREATE TABLE audit_log (at <moment> NOT NULL, who VARCHAR(40), what TEXT);
INSERT INTO audit_log SELECT <moment:1>, 'root', 'the same row many times' <rows:300>;

CREATE TABLE measurements (id BIGINT NOT NULL PRIMARY KEY, <measured>);
INSERT INTO measurements SELECT seq, <measures> <rows:100>;

CREATE TABLE <q>Users<q> (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(30));
INSERT INTO <q>Users<q> SELECT seq, concat('U', seq) <rows:10>;

CREATE TABLE empty_table (id INTEGER NOT NULL PRIMARY KEY, note VARCHAR(30));

CREATE VIEW teachers AS SELECT id, name FROM staff WHERE id < 100;
