SELECT home, count(*) AS n, avg(income) AS mean FROM people GROUP BY home HAVING n > 5
