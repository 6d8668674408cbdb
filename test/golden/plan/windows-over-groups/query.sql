SELECT industry, sum(staff) AS n, rank() OVER (ORDER BY sum(staff) DESC) AS place FROM firm GROUP BY industry QUALIFY place <= 3
