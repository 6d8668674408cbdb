SELECT stop, count(*) AS n FROM trips WHERE minutes > 30 GROUP BY stop ORDER BY n DESC LIMIT 3
