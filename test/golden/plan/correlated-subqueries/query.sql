SELECT p.div_code, (SELECT count(*) FROM visit v WHERE v.pid = p.pid) AS visits FROM person p
WHERE EXISTS (SELECT 1 FROM job j WHERE j.pid = p.pid AND j.wage > p.income) AND p.pid NOT IN (SELECT pid FROM visit WHERE days > 5)
