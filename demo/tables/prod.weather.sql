CREATE TABLE prod.weather (
    origin VARCHAR(3),
    year INTEGER,
    month INTEGER,
    day INTEGER,
    hour INTEGER,
    temp DOUBLE PRECISION,
    dewp DOUBLE PRECISION,
    humid DOUBLE PRECISION,
    wind_dir INTEGER,
    wind_speed DOUBLE PRECISION,
    wind_gust DOUBLE PRECISION,
    precip DOUBLE PRECISION,
    pressure DOUBLE PRECISION,
    visib DOUBLE PRECISION,
    time_hour TIMESTAMP,
    PRIMARY KEY (origin, time_hour)
) DISTSTYLE ALL SORTKEY(time_hour);
