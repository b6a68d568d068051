BEGIN TRANSACTION;
CREATE TABLE attempts (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        number INTEGER NOT NULL,
        status TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        error_code TEXT,
        error TEXT,
        log_file TEXT,
        PRIMARY KEY (run_id, step, number),
        FOREIGN KEY (run_id, step) REFERENCES step_runs (run_id, step) ON DELETE CASCADE
    );
INSERT INTO "attempts" VALUES('20260101T013000-k3f9','load',1,'succeeded','2026-01-01 01:30:00.000000','2026-01-01 01:30:02.000000',NULL,NULL,'courses/20260101T013000-k3f9/load.1.log');
CREATE TABLE runs (
        id TEXT NOT NULL PRIMARY KEY,
        pipeline TEXT NOT NULL,
        run_date TEXT NOT NULL,
        status TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        error TEXT,
        process TEXT,
        plan TEXT
    );
INSERT INTO "runs" VALUES('20260101T013000-k3f9','courses','2026-01-01','succeeded','2026-01-01 01:30:00.000000','2026-01-01 01:30:03.000000',NULL,'elsewhere:1:1','{"version": 1}');
CREATE TABLE schema_version (
        version INTEGER NOT NULL PRIMARY KEY,
        description TEXT NOT NULL,
        applied_at TIMESTAMP WITH TIME ZONE NOT NULL
    );
INSERT INTO "schema_version" VALUES(1,'runs, step runs, attempts, statements and verdicts','2026-01-01 00:00:00.000000');
CREATE TABLE statements (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        place TEXT NOT NULL,
        text TEXT NOT NULL,
        seconds DOUBLE PRECISION NOT NULL,
        rows BIGINT,
        PRIMARY KEY (run_id, step, attempt, position),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts (run_id, step, number) ON DELETE CASCADE
    );
INSERT INTO "statements" VALUES('20260101T013000-k3f9','load',1,1,'warehouse','INSERT INTO courses SELECT 1',0.5,42);
CREATE TABLE step_runs (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        step TEXT NOT NULL,
        position INTEGER NOT NULL,
        step_type TEXT NOT NULL,
        operation TEXT NOT NULL,
        status TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        rows BIGINT,
        bytes BIGINT,
        error TEXT,
        PRIMARY KEY (run_id, step)
    );
INSERT INTO "step_runs" VALUES('20260101T013000-k3f9','load',0,'create-load','load-table','succeeded',1,'2026-01-01 01:30:00.000000','2026-01-01 01:30:02.000000',42,1024,NULL);
CREATE TABLE verdicts (
        run_id TEXT NOT NULL,
        step TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        position INTEGER NOT NULL,
        check_name TEXT NOT NULL,
        passed BOOLEAN NOT NULL,
        summary TEXT NOT NULL,
        figures TEXT NOT NULL,
        examples TEXT NOT NULL,
        measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
        PRIMARY KEY (run_id, step, attempt, position),
        FOREIGN KEY (run_id, step, attempt) REFERENCES attempts (run_id, step, number) ON DELETE CASCADE
    );
INSERT INTO "verdicts" VALUES('20260101T013000-k3f9','load',1,0,'count',1,'42 rows in both','{"source_rows": 42}','[{"id": "1"}]','2026-01-01 01:30:00.000000');
CREATE INDEX runs_by_start ON runs (started_at, id);
CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at, id);
CREATE INDEX runs_by_run_date ON runs (pipeline, run_date, started_at, id);
CREATE INDEX runs_by_status ON runs (status, started_at, id);
CREATE INDEX runs_by_outcome ON runs (pipeline, status, started_at);
COMMIT;
