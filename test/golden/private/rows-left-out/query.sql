SELECT site, sum(wage) AS wages FROM posts GROUP BY site
