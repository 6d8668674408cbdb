SELECT sex, count(*) AS n FROM person GROUP BY sex UNION ALL VALUES ('none', 0) ORDER BY n DESC
