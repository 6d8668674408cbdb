WITH visits AS (SELECT pid, count(*) AS n, sum(fee) AS total FROM visit GROUP BY pid)
SELECT sex, avg(n) AS visits, sum(total) / count(*) AS fee FROM person JOIN visits USING (pid) GROUP BY ALL
