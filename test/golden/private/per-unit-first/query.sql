SELECT n, count(*) AS people FROM (SELECT person, least(count(*), 9) AS n, sum(minutes) AS m FROM trips GROUP BY person) AS u WHERE m > 60 GROUP BY n
