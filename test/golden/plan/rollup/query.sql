SELECT sex, div_code, sum(income), grouping(sex, div_code) FROM person GROUP BY ROLLUP (sex, div_code)
