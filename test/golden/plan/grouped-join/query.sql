SELECT f.industry, date_trunc('month', j.since) AS month, count(DISTINCT p.pid) AS people, sum(j.wage) AS wages
FROM person p JOIN job j ON p.pid = j.pid JOIN firm f ON j.uscc = f.uscc
WHERE j.since >= '2010-01-01' AND p.age BETWEEN 18 AND 65
GROUP BY f.industry, month HAVING count(*) > 2 ORDER BY wages DESC LIMIT 10
