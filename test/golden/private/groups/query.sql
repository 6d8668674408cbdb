SELECT kind, count(*) AS n, sum(fare) AS fares, avg(minutes) AS mean FROM trips GROUP BY kind
