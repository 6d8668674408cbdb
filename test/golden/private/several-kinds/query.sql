SELECT site, sum(wage) AS wages, count(DISTINCT firm) AS firms FROM posts GROUP BY site
