-- What Redshift's catalog has and PostgreSQL's has not. Run once, as a superuser, in the template database.
SET allow_system_table_mods = on;
SET client_min_messages = warning;
CREATE SCHEMA pg_internal;
GRANT USAGE ON SCHEMA pg_internal TO PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;
CREATE DOMAIN pg_catalog.super AS jsonb;
CREATE DOMAIN pg_catalog.varbyte AS bytea;

-- Functions -------------------------------------------------------------------------------------------------------
CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.98102'::text $$;
CREATE FUNCTION pg_catalog.redshift_sysdate() RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT transaction_timestamp() AT TIME ZONE 'UTC' $$;
CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql VOLATILE AS $$ SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') $$;
CREATE FUNCTION pg_catalog.len(text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT length($1) $$;
CREATE FUNCTION pg_catalog.charindex(text, text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT strpos($2, $1) $$;
CREATE FUNCTION pg_catalog.nvl2(anyelement, anycompatible, anycompatible) RETURNS anycompatible LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END $$;
CREATE FUNCTION pg_catalog.convert_timezone(text, timestamp) RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT $2 AT TIME ZONE 'UTC' AT TIME ZONE $1 $$;
CREATE FUNCTION pg_catalog.convert_timezone(text, text, timestamp) RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT $3 AT TIME ZONE $1 AT TIME ZONE $2 $$;
CREATE FUNCTION pg_catalog.last_day(timestamp) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT (date_trunc('month', $1) + interval '1 month - 1 day')::date $$;
CREATE FUNCTION pg_catalog.add_months(timestamp, bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1::date = last_day($1) THEN last_day(date_trunc('month', $1) + make_interval(months => $2::int)) + $1::time
              ELSE $1 + make_interval(months => $2::int) END $$;
CREATE FUNCTION pg_catalog.json_parse(text) RETURNS super LANGUAGE sql IMMUTABLE AS $$ SELECT $1::jsonb::super $$;
CREATE FUNCTION pg_catalog.json_serialize(super) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text $$;
CREATE FUNCTION pg_catalog.is_valid_json(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN $1::jsonb IS NOT NULL; EXCEPTION WHEN others THEN RETURN false; END $$;
CREATE FUNCTION pg_catalog.json_extract_path_text(text, VARIADIC text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1::jsonb #>> $2 $$;
CREATE FUNCTION pg_catalog.to_varbyte(text, text) RETURNS varbyte LANGUAGE sql IMMUTABLE AS $$ SELECT (CASE lower($2) WHEN 'hex' THEN decode($1, 'hex') WHEN 'base64' THEN decode($1, 'base64') ELSE pg_catalog.convert_to($1, 'UTF8') END)::varbyte $$;
CREATE FUNCTION pg_catalog.from_varbyte(bytea, text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT CASE lower($2) WHEN 'hex' THEN encode($1, 'hex') WHEN 'base64' THEN encode($1, 'base64') ELSE pg_catalog.convert_from($1, 'UTF8') END $$;

CREATE FUNCTION pg_internal.months(text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IN ('mon','mons','month','months') THEN 1 WHEN $1 IN ('q','qtr','qtrs','quarter','quarters') THEN 3
    WHEN $1 IN ('y','yr','yrs','year','years') THEN 12 WHEN $1 IN ('decade','decades') THEN 120 WHEN $1 IN ('century','centuries') THEN 1200 END $$;
CREATE FUNCTION pg_internal.unit(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN $1 IN ('d','day','days') THEN 'day' WHEN $1 IN ('w','week','weeks') THEN 'week' WHEN $1 IN ('h','hr','hrs','hour','hours') THEN 'hour'
    WHEN $1 IN ('m','min','mins','minute','minutes') THEN 'minute' WHEN $1 IN ('s','sec','secs','second','seconds') THEN 'second'
    WHEN $1 IN ('ms','msec','msecs','millisecond','milliseconds') THEN 'millisecond' WHEN $1 IN ('us','usec','usecs','microsecond','microseconds') THEN 'microsecond' END $$;
CREATE FUNCTION pg_catalog.dateadd(part text, n bigint, t timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF pg_internal.months(part) IS NOT NULL THEN RETURN add_months(t, n * pg_internal.months(part)); END IF;
  IF pg_internal.unit(part) IS NULL THEN RAISE EXCEPTION 'Unsupported date part "%"', part USING ERRCODE = '22023'; END IF;
  RETURN t + n * ('1 ' || pg_internal.unit(part))::interval;
END $$;
CREATE FUNCTION pg_catalog.date_add(text, bigint, timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$ SELECT dateadd($1, $2, $3) $$;
CREATE FUNCTION pg_catalog.datediff(part text, a timestamp, b timestamp) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE step integer := pg_internal.months(part); unit text := pg_internal.unit(part);
BEGIN
  IF step IS NOT NULL THEN
    RETURN floor((extract(year FROM b) * 12 + extract(month FROM b) - 1) / step) - floor((extract(year FROM a) * 12 + extract(month FROM a) - 1) / step);
  END IF;
  CASE unit
    WHEN 'day' THEN RETURN b::date - a::date;
    WHEN 'week' THEN RETURN ((date_trunc('week', b + interval '1 day'))::date - (date_trunc('week', a + interval '1 day'))::date) / 7;
    WHEN 'microsecond' THEN RETURN (extract(epoch FROM b) - extract(epoch FROM a)) * 1000000;
    WHEN 'hour', 'minute', 'second', 'millisecond' THEN
      RETURN round((extract(epoch FROM date_trunc(unit, b)) - extract(epoch FROM date_trunc(unit, a)))
        / (CASE unit WHEN 'hour' THEN 3600 WHEN 'minute' THEN 60 WHEN 'second' THEN 1 ELSE 0.001 END));
    ELSE RAISE EXCEPTION 'Unsupported date part "%"', part USING ERRCODE = '22023';
  END CASE;
END $$;
CREATE FUNCTION pg_catalog.date_diff(text, timestamp, timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT datediff($1, $2, $3) $$;
CREATE FUNCTION pg_catalog.months_between(a timestamp, b timestamp) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN extract(day FROM a) = extract(day FROM b) OR (a::date = last_day(a) AND b::date = last_day(b))
    THEN datediff('month', b, a)::float8
    ELSE datediff('month', b, a) + (extract(epoch FROM a - date_trunc('month', a)) - extract(epoch FROM b - date_trunc('month', b))) / (31 * 86400) END $$;

CREATE FUNCTION pg_internal.session_number(text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT coalesce(nullif(current_setting('redshift.' || $1, true), '')::bigint, CASE $1 WHEN 'last_copy_count' THEN 0 ELSE -1 END) $$;
CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT pg_internal.session_number('last_copy_count') $$;
CREATE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_internal.session_number('last_copy_id')::int $$;
CREATE FUNCTION pg_catalog.pg_last_query_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_internal.session_number('last_query_id')::int $$;
CREATE FUNCTION pg_catalog.pg_last_unload_id() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT pg_internal.session_number('last_unload_id')::int $$;
CREATE FUNCTION pg_catalog.pg_last_unload_count() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT greatest(pg_internal.session_number('last_unload_count'), 0) $$;

-- Shape of tables: Redshift's types only, lengths in bytes ---------------------------------------------------------
CREATE FUNCTION pg_internal.too_long(kind text, n integer) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE EXCEPTION 'value too long for type %(%)', kind, n USING ERRCODE = '22001'; END $$;
CREATE FUNCTION pg_internal.not_ascii() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN RAISE EXCEPTION 'CHAR string contains invalid ASCII character' USING ERRCODE = '22021'; END $$;
CREATE FUNCTION pg_internal.shape_tables() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE command record; col record; label text; n integer; body text; actions text[];
BEGIN
  FOR command IN SELECT DISTINCT objid FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass AND object_type = 'table' LOOP
    actions := '{}';
    FOR col IN SELECT a.attname, a.attnum, a.atttypmod, t.typname, t.typnamespace::regnamespace::text AS schema, c.relname
               FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid
               WHERE a.attrelid = command.objid AND a.attnum > 0 AND NOT a.attisdropped LOOP
      IF col.typname IN ('text', 'unknown', 'name') OR (col.typname = 'varchar' AND col.atttypmod = -1) THEN
        actions := actions || format('ALTER COLUMN %I TYPE varchar(65535)', col.attname);
      ELSIF col.typname = 'numeric' AND col.atttypmod = -1 THEN
        actions := actions || format('ALTER COLUMN %I TYPE numeric(38,10)', col.attname);
      ELSIF col.schema <> 'pg_catalog' OR col.typname NOT IN ('int2','int4','int8','numeric','float4','float8','bool','bpchar','varchar',
          'date','timestamp','timestamptz','time','timetz','interval','super','varbyte') THEN
        RAISE EXCEPTION 'Column "%.%" has unsupported type "%".', col.relname, col.attname, col.typname USING ERRCODE = '0A000';
      ELSIF col.typname IN ('varchar', 'bpchar') THEN
        n := col.atttypmod - 4;
        label := format('redshift$bytes$%s$%s', col.attnum, n);
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = command.objid AND conname = label) THEN
          FOR body IN SELECT conname FROM pg_constraint WHERE conrelid = command.objid AND conname LIKE format('redshift$bytes$%s$%%', col.attnum) LOOP
            actions := actions || format('DROP CONSTRAINT %I', body);
          END LOOP;
          body := CASE col.typname
            WHEN 'varchar' THEN format('CASE WHEN octet_length(%1$I) > %2$s THEN pg_internal.too_long(''character varying'', %2$s) ELSE true END', col.attname, n)
            ELSE format('CASE WHEN octet_length(%1$I::text) > char_length(%1$I::text) THEN pg_internal.not_ascii() ELSE true END', col.attname) END;
          actions := actions || format('ADD CONSTRAINT %I CHECK (%s)', label, body);
        END IF;
      END IF;
    END LOOP;
    IF actions <> '{}' THEN
      EXECUTE format('ALTER TABLE %s %s', command.objid::regclass, array_to_string(actions, ', '));
    END IF;
  END LOOP;
END $$;

-- Declared keys -----------------------------------------------------------------------------------------------------
CREATE VIEW pg_internal.declared AS
  SELECT c.oid, c.conname, c.connamespace, c.conrelid, c.conkey, e.text,
         substring(e.text FROM '''redshift:([a-z]+)') AS kind,
         CASE WHEN e.text LIKE '%''redshift:f:%' THEN
           CASE WHEN substring(e.text FROM '''redshift:f:(\{[^''}]*\})''')::jsonb ->> 'itself' = 'true' THEN c.conrelid
                ELSE to_regclass(substring(e.text FROM '''([^'']+)''::regclass'))::oid END END AS confrelid,
         CASE WHEN e.text LIKE '%''redshift:f:%' THEN substring(e.text FROM '''redshift:f:(\{[^''}]*\})''')::jsonb -> 'columns' END AS columns
  FROM pg_constraint c, LATERAL (SELECT pg_get_expr(c.conbin, c.conrelid) AS text) e
  WHERE c.contype = 'c' AND e.text LIKE '%''redshift:%';
CREATE VIEW pg_internal.keys AS
  SELECT d.oid, d.conname, d.connamespace, d.kind::"char" AS contype, d.conrelid, d.conkey, d.confrelid,
    CASE WHEN d.kind = 'f' THEN coalesce(
      (SELECT array_agg(a.attnum ORDER BY n.place) FROM jsonb_array_elements_text(d.columns) WITH ORDINALITY n(name, place)
        JOIN pg_attribute a ON a.attrelid = d.confrelid AND a.attname = n.name),
      (SELECT p.conkey FROM pg_internal.declared p WHERE p.conrelid = d.confrelid AND p.kind = 'p')) END AS confkey
  FROM pg_internal.declared d WHERE d.kind IN ('p', 'u', 'f');
CREATE VIEW pg_internal.redshift_constraint AS
  SELECT k.oid, k.conname, k.connamespace, k.contype, false AS condeferrable, false AS condeferred, k.conrelid, 0::oid AS contypid,
    coalesce(k.confrelid, 0::oid) AS confrelid, CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confupdtype,
    CASE k.contype WHEN 'f' THEN 'a' ELSE ' ' END::"char" AS confdeltype, ' '::"char" AS confmatchtype, k.conkey, k.confkey,
    NULL::text AS conbin, NULL::text AS consrc
  FROM pg_internal.keys k;
CREATE OR REPLACE VIEW information_schema.table_constraints AS
  SELECT current_database()::information_schema.sql_identifier AS constraint_catalog, n.nspname::information_schema.sql_identifier AS constraint_schema,
    k.conname::information_schema.sql_identifier AS constraint_name, current_database()::information_schema.sql_identifier AS table_catalog,
    n.nspname::information_schema.sql_identifier AS table_schema, r.relname::information_schema.sql_identifier AS table_name,
    (CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' ELSE 'FOREIGN KEY' END)::information_schema.character_data AS constraint_type,
    'NO'::information_schema.yes_or_no AS is_deferrable, 'NO'::information_schema.yes_or_no AS initially_deferred,
    'YES'::information_schema.yes_or_no AS enforced, NULL::information_schema.yes_or_no AS nulls_distinct
  FROM pg_internal.keys k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace;
CREATE OR REPLACE VIEW information_schema.key_column_usage AS
  SELECT current_database()::information_schema.sql_identifier AS constraint_catalog, n.nspname::information_schema.sql_identifier AS constraint_schema,
    k.conname::information_schema.sql_identifier AS constraint_name, current_database()::information_schema.sql_identifier AS table_catalog,
    n.nspname::information_schema.sql_identifier AS table_schema, r.relname::information_schema.sql_identifier AS table_name,
    a.attname::information_schema.sql_identifier AS column_name, u.place::information_schema.cardinal_number AS ordinal_position,
    (CASE k.contype WHEN 'f' THEN u.place END)::information_schema.cardinal_number AS position_in_unique_constraint
  FROM pg_internal.keys k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY u(attnum, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum;
CREATE OR REPLACE VIEW information_schema.constraint_column_usage AS
  SELECT current_database()::information_schema.sql_identifier AS table_catalog, n.nspname::information_schema.sql_identifier AS table_schema,
    r.relname::information_schema.sql_identifier AS table_name, a.attname::information_schema.sql_identifier AS column_name,
    current_database()::information_schema.sql_identifier AS constraint_catalog, s.nspname::information_schema.sql_identifier AS constraint_schema,
    k.conname::information_schema.sql_identifier AS constraint_name
  FROM pg_internal.keys k JOIN pg_class r ON r.oid = coalesce(k.confrelid, k.conrelid) JOIN pg_namespace n ON n.oid = r.relnamespace
    JOIN pg_namespace s ON s.oid = k.connamespace
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (coalesce(k.confkey, k.conkey));
CREATE OR REPLACE VIEW information_schema.check_constraints AS
  SELECT NULL::information_schema.sql_identifier AS constraint_catalog, NULL::information_schema.sql_identifier AS constraint_schema,
    NULL::information_schema.sql_identifier AS constraint_name, NULL::information_schema.character_data AS check_clause WHERE false;
DO $$
DECLARE columns text;
BEGIN
  SELECT string_agg(CASE WHEN attname = 'data_type'
      THEN '(CASE WHEN domain_name IN (''super'', ''varbyte'') THEN domain_name::text ELSE data_type::text END)::information_schema.character_data AS data_type'
      WHEN attname LIKE 'domain%' THEN format('NULL::information_schema.sql_identifier AS %I', attname) ELSE format('%I', attname) END, ', ' ORDER BY attnum)
    INTO columns FROM pg_attribute WHERE attrelid = 'information_schema.columns'::regclass AND attnum > 0;
  ALTER VIEW information_schema.columns RENAME TO postgres_columns;
  EXECUTE 'CREATE VIEW information_schema.columns AS SELECT ' || columns || ' FROM information_schema.postgres_columns';
END $$;

-- Catalog views -----------------------------------------------------------------------------------------------------
CREATE FUNCTION pg_internal.attributes(oid) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT substring(d.text FROM '''redshift:attributes:(\{.*\})''')::jsonb FROM pg_internal.declared d WHERE d.conrelid = $1 AND d.kind = 'attributes' $$;
CREATE VIEW pg_internal.user_tables AS
  SELECT c.oid, c.relname, n.nspname, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_internal') AND n.nspname NOT LIKE 'pg_toast%';
CREATE VIEW pg_catalog.pg_table_def AS
  SELECT t.nspname AS schemaname, t.relname AS tablename, a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS type,
    coalesce(pg_internal.attributes(t.oid) -> 'encodings' ->> a.attname, 'none') AS encoding,
    EXISTS (SELECT FROM pg_internal.declared d WHERE d.conrelid = t.oid AND d.kind = 'distkey' AND a.attnum = d.conkey[1]) AS distkey,
    coalesce((SELECT array_position(d.conkey, a.attnum) FROM pg_internal.declared d WHERE d.conrelid = t.oid AND d.kind = 'sortkey'), 0) AS sortkey,
    a.attnotnull AS "notnull"
  FROM pg_internal.user_tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE t.nspname = ANY (current_schemas(true)) AND pg_table_is_visible(t.oid)
  ORDER BY 1, 2, a.attnum;
CREATE FUNCTION pg_internal.count_rows(oid) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE n bigint; BEGIN EXECUTE format('SELECT count(*) FROM %s', $1::regclass) INTO n; RETURN n; END $$;
CREATE VIEW pg_catalog.svv_table_info AS
  SELECT current_database()::text AS database, t.nspname::text AS schema, t.oid AS table_id, t.relname::text AS "table",
    CASE WHEN pg_internal.attributes(t.oid) -> 'encodings' = '{}' THEN 'N' ELSE 'Y' END AS encoded,
    coalesce((SELECT 'KEY(' || a.attname || ')' FROM pg_internal.declared d JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.conkey[1]
      WHERE d.conrelid = t.oid AND d.kind = 'distkey'),
      CASE coalesce(pg_internal.attributes(t.oid) ->> 'diststyle', 'AUTO') WHEN 'AUTO' THEN 'AUTO(ALL)' ELSE pg_internal.attributes(t.oid) ->> 'diststyle' END) AS diststyle,
    (SELECT a.attname::text FROM pg_internal.declared d JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.conkey[1]
      WHERE d.conrelid = t.oid AND d.kind = 'sortkey') AS sortkey1,
    (SELECT max(a.atttypmod - 4) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.atttypid = 1043) AS max_varchar,
    NULL::text AS sortkey1_enc, (SELECT cardinality(d.conkey) FROM pg_internal.declared d WHERE d.conrelid = t.oid AND d.kind = 'sortkey') AS sortkey_num,
    greatest(1, pg_catalog.pg_relation_size(t.oid) / 1048576)::bigint AS size, 0.0::numeric(10,4) AS pct_used, 0::bigint AS empty, 0.0::numeric(5,2) AS unsorted,
    0.0::numeric(5,2) AS stats_off, s.n::numeric(38,0) AS tbl_rows, NULL::numeric(19,2) AS skew_sortkey1, NULL::numeric(19,2) AS skew_rows,
    s.n::numeric(38,0) AS estimated_visible_rows, NULL::text AS risk_event, NULL::numeric(12,2) AS vacuum_sort_benefit
  FROM pg_internal.user_tables t, LATERAL (SELECT pg_internal.count_rows(t.oid) AS n) s
  WHERE s.n > 0 AND t.nspname NOT LIKE 'pg_temp%';
CREATE VIEW pg_catalog.svv_columns AS
  SELECT table_catalog::text, table_schema::text, table_name::text, column_name::text, ordinal_position::int, column_default::text, is_nullable::text,
    data_type::text, character_maximum_length::int, numeric_precision::int, numeric_precision_radix::int, numeric_scale::int, datetime_precision::int,
    NULL::text AS interval_type, NULL::text AS interval_precision, NULL::text AS character_set_catalog, NULL::text AS character_set_schema,
    NULL::text AS character_set_name, NULL::text AS collation_catalog, NULL::text AS collation_schema, NULL::text AS collation_name,
    NULL::text AS domain_name, NULL::text AS remarks
  FROM information_schema.columns;
CREATE VIEW pg_catalog.svv_tables AS
  SELECT table_catalog::text, table_schema::text, table_name::text, table_type::text, NULL::text AS remarks FROM information_schema.tables;
CREATE VIEW pg_catalog.stv_recents AS
  SELECT usesysid::int AS userid, CASE state WHEN 'active' THEN 'Running' ELSE 'Done' END::char(20) AS status, query_start::timestamp AS starttime,
    (extract(epoch FROM clock_timestamp() - query_start) * 1000000)::int AS duration, usename::char(50) AS user_name, datname::char(50) AS db_name,
    left(query, 600)::char(600) AS query, pid FROM pg_stat_activity WHERE datname = current_database() AND query <> '';
CREATE VIEW pg_catalog.stv_sessions AS
  SELECT backend_start::timestamp AS starttime, pid AS process, usename::char(50) AS user_name, datname::char(50) AS db_name FROM pg_stat_activity WHERE datname IS NOT NULL;

-- Load errors -------------------------------------------------------------------------------------------------------
CREATE TABLE pg_internal.load_errors (
  userid int, slice int, tbl int, starttime timestamp, session int, query int, filename text, line_number bigint, colname text, type text,
  col_length text, position int, raw_line text, raw_field_value text, err_code int, err_reason text, is_partial int, start_offset bigint, copy_job_id bigint,
  fields jsonb);
CREATE FUNCTION pg_internal.record_load_errors(jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  INSERT INTO pg_internal.load_errors SELECT * FROM jsonb_populate_recordset(NULL::pg_internal.load_errors, $1) $$;
CREATE FUNCTION pg_internal.visible_load_errors() RETURNS SETOF pg_internal.load_errors LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT * FROM pg_internal.load_errors WHERE userid = (SELECT oid::int FROM pg_roles WHERE rolname = session_user) OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) $$;
CREATE VIEW pg_catalog.stl_load_errors AS
  SELECT userid, slice, tbl, starttime, session, query, filename::char(256), line_number, colname::char(127), type::char(10), col_length::char(10), position,
    raw_line::char(1024), raw_field_value::char(1024), err_code, err_reason::char(100), is_partial, start_offset, copy_job_id FROM pg_internal.visible_load_errors();
CREATE VIEW pg_catalog.stl_loaderror_detail AS
  SELECT e.userid, e.slice, e.session, e.query, e.filename::char(256), e.line_number, (f.place - 1)::int AS field, (f.item ->> 0)::char(1024) AS colname,
    (f.item ->> 1)::char(1024) AS value, CASE WHEN f.place = jsonb_array_length(e.fields) THEN 1 ELSE 0 END AS is_null,
    e.type::char(10), e.col_length::char(10) FROM pg_internal.visible_load_errors() e, LATERAL jsonb_array_elements(e.fields) WITH ORDINALITY f(item, place);
GRANT SELECT ON pg_table_def, svv_table_info, svv_columns, svv_tables, stv_recents, stv_sessions, stl_load_errors, stl_loaderror_detail TO PUBLIC;
GRANT SELECT ON pg_internal.declared, pg_internal.keys, pg_internal.redshift_constraint, pg_internal.user_tables TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA information_schema TO PUBLIC;
CREATE EVENT TRIGGER redshift_shape_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
  EXECUTE FUNCTION pg_internal.shape_tables();
