SELECT age / (age - 30), ln(income), sqrt(age), born + age, income * income, CAST(sex AS integer), age + 1 - days
FROM person JOIN visit USING (pid)
