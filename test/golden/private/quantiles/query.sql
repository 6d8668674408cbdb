SELECT district, median(fare) AS middle, max(minutes) AS longest FROM trips GROUP BY district
