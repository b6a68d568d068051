DELETE FROM prod.courses WHERE created_at < '{{ run_date }}';
