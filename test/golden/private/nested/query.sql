SELECT count(*) AS people, avg(w) AS wage FROM (SELECT person, sum(wage) AS w FROM posts GROUP BY person) AS u
