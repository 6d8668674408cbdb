SELECT hour, count(DISTINCT person) AS people, sum(minutes) AS minutes FROM trips WHERE district = 'east' GROUP BY hour
