SELECT div_code, sum(staff), count(age) FROM person FULL JOIN firm USING (div_code) GROUP BY div_code
