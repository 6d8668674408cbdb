SELECT hour, mode(kind) AS usual, count(DISTINCT stop) AS stops FROM trips WHERE minutes > 30 GROUP BY hour
