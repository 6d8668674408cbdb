SELECT h.label, count(*) AS n, sum(t.minutes) AS m FROM trips t JOIN hours h ON h.at = t.hour GROUP BY h.label
