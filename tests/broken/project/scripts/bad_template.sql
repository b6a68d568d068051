SELECT * FROM prod.courses WHERE created_ts > #{format(@scheduledStartTime, 'YYYY-QQ')}
