/** What analysts ask of the star (release-schema.ts), as they write it. The key names the query in the figures. */
export const RELEASE_QUERIES: Readonly<Record<string, string>> = {
  total: 'SELECT count(*) AS trips, sum(fare_amt) AS fares FROM trip',
  'by district': `SELECT dist_code, count(*) AS trips, sum(fare_amt) AS fares
    FROM trip GROUP BY dist_code ORDER BY trips DESC NULLS LAST, dist_code`,
  'means by vehicle': `SELECT vehicle_code, count(*) AS trips, round(avg(fare_amt), 2) AS fare, round(avg(ride_km), 2) AS km,
      round(avg(ride_min), 1) AS minutes
    FROM trip GROUP BY vehicle_code ORDER BY vehicle_code`,
  'by day': 'SELECT trip_date, count(*) AS trips FROM trip GROUP BY trip_date ORDER BY trip_date',
  'by month': `SELECT date_trunc('month', trip_date) AS month, count(*) AS trips, sum(fare_amt) AS fares
    FROM trip GROUP BY month ORDER BY month`,
  'one quarter by product': `SELECT product_code, count(*) AS trips, sum(fare_amt) AS fares FROM trip
    WHERE trip_date BETWEEN '2025-04-01' AND '2025-06-30' AND vehicle_code IN ('bus', 'metro')
    GROUP BY product_code ORDER BY product_code`,
  'district and hour': `SELECT dist_code, hour_no, count(*) AS trips, sum(ride_min) AS minutes
    FROM trip GROUP BY dist_code, hour_no ORDER BY dist_code, hour_no`,
  'district, vehicle and month': `SELECT dist_code, vehicle_code, month(trip_date) AS m, sum(fare_amt) AS fares
    FROM trip GROUP BY ALL ORDER BY ALL`,
  'rush hour by case': `SELECT dist_code,
      sum(CASE WHEN hour_no BETWEEN 7 AND 9 THEN 1 ELSE 0 END) AS morning,
      sum(CASE WHEN hour_no BETWEEN 17 AND 19 THEN fare_amt ELSE 0 END) AS evening_fares,
      count(*) AS trips
    FROM trip GROUP BY dist_code ORDER BY dist_code`,
  'transfers by filter': `SELECT vehicle_code, count(*) FILTER (WHERE transfer) AS transfers, count(*) AS trips,
      round(count(*) FILTER (WHERE transfer) / count(*), 3) AS share
    FROM trip GROUP BY vehicle_code ORDER BY vehicle_code`,
  'travellers by district': `SELECT dist_code, count(DISTINCT pid) AS travellers, count(*) AS trips
    FROM trip GROUP BY dist_code ORDER BY dist_code`,
  'travellers by month': `SELECT month(trip_date) AS m, count(DISTINCT pid) AS travellers,
      round(count(*) / count(DISTINCT pid), 2) AS trips_each
    FROM trip GROUP BY m ORDER BY m`,
  'busy lines': `SELECT line_code, count(*) AS trips, sum(fare_amt) AS fares FROM trip WHERE vehicle_code = 'bus'
    GROUP BY line_code HAVING count(*) > 500 ORDER BY fares DESC, line_code LIMIT 20`,
  'longest products': `SELECT product_code, sum(ride_km) / count(*) AS km FROM trip WHERE ride_min >= 30
    GROUP BY product_code ORDER BY km DESC NULLS LAST, product_code LIMIT 5`,
  'growth by month': `SELECT month(trip_date) AS m, sum(fare_amt) AS fares,
      round(sum(fare_amt) / lag(sum(fare_amt)) OVER (ORDER BY month(trip_date)) - 1, 3) AS growth
    FROM trip GROUP BY m ORDER BY m`,
  'share of districts': `WITH d AS (SELECT dist_code, sum(fare_amt) AS fares FROM trip GROUP BY dist_code)
    SELECT dist_code, round(fares / sum(fares) OVER (), 4) AS share FROM d ORDER BY dist_code`,
  'rollup of vehicle and month': `SELECT vehicle_code, month(trip_date) AS m, count(*) AS trips
    FROM trip GROUP BY ROLLUP (vehicle_code, m) ORDER BY vehicle_code, m`,
  'spread of fares': `SELECT vehicle_code, round(stddev_samp(fare_amt), 3) AS deviation, round(var_samp(ride_min), 2) AS variance
    FROM trip GROUP BY vehicle_code ORDER BY vehicle_code`,
  'fare against distance': `SELECT vehicle_code, round(corr(fare_amt, ride_km), 3) AS r, round(regr_slope(fare_amt, ride_km), 3) AS per_km
    FROM trip GROUP BY vehicle_code ORDER BY vehicle_code`,
  'by sex': `SELECT p.sex, count(*) AS trips, sum(t.fare_amt) AS fares
    FROM trip t JOIN person p ON p.pid = t.pid GROUP BY p.sex ORDER BY p.sex`,
  'decade of birth, metro': `SELECT p.born_year // 10 * 10 AS decade, p.schooling, count(*) AS trips, round(avg(t.ride_km), 2) AS km
    FROM trip t JOIN person p USING (pid) WHERE t.vehicle_code = 'metro' GROUP BY decade, p.schooling ORDER BY 1, 2`,
  'holidays by region': `SELECT d.region, c.holiday, count(*) AS trips, sum(t.fare_amt) AS fares
    FROM trip t JOIN calendar c ON c.day = t.trip_date JOIN district d ON d.dist_code = t.dist_code
    GROUP BY d.region, c.holiday ORDER BY d.region, c.holiday`,
  'sex, quarter and category': `SELECT p.sex, c.quarter_no, r.category, count(*) AS trips, sum(t.fare_amt) AS fares
    FROM trip t JOIN person p ON p.pid = t.pid JOIN calendar c ON c.day = t.trip_date
      JOIN product r ON r.product_code = t.product_code
    GROUP BY p.sex, c.quarter_no, r.category ORDER BY 1, 2, 3`,
  'by industry': `SELECT f.industry_code, count(*) AS trips, sum(t.fare_amt) AS fares
    FROM trip t JOIN job j ON j.pid = t.pid JOIN firm f ON f.uscc = j.uscc
    GROUP BY f.industry_code ORDER BY f.industry_code`,
  'size of firm, sex and weekday': `SELECT f.size_code, p.sex, c.weekday_no, count(*) AS trips
    FROM trip t JOIN person p ON p.pid = t.pid JOIN job j ON j.pid = p.pid JOIN firm f ON f.uscc = j.uscc
      JOIN calendar c ON c.day = t.trip_date
    WHERE t.hour_no BETWEEN 7 AND 9 GROUP BY ALL ORDER BY ALL`,
  'trips of the well paid': `SELECT vehicle_code, count(*) AS trips, sum(fare_amt) AS fares FROM trip
    WHERE pid IN (SELECT pid FROM person WHERE income_amt > 6000) GROUP BY vehicle_code ORDER BY vehicle_code`,
  'trips without a job': `SELECT dist_code, count(*) AS trips FROM trip t
    WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.pid = t.pid) GROUP BY dist_code ORDER BY dist_code`,
  'trips each': `SELECT count(*) AS travellers, round(avg(n), 2) AS trips_each, round(stddev_samp(n), 2) AS deviation
    FROM (SELECT pid, count(*) AS n FROM trip WHERE trip_date >= '2025-10-01' GROUP BY pid)`,
  'bands of trips': `SELECT n // 10 * 10 AS band, count(*) AS travellers, sum(fares) AS fares
    FROM (SELECT pid, count(*) AS n, sum(fare_amt) AS fares FROM trip GROUP BY pid) GROUP BY band ORDER BY band`,
  'fares each by decade': `SELECT p.born_year // 10 * 10 AS decade, count(*) AS travellers, round(avg(s.fares), 2) AS fares_each
    FROM (SELECT pid, sum(fare_amt) AS fares FROM trip GROUP BY pid) s JOIN person p ON p.pid = s.pid
    GROUP BY decade ORDER BY decade`,
};
