-- Consumption, standard coal and emissions of an entity by carrier (and unit: units are never mixed).
CREATE OR REPLACE VIEW by_carrier AS
SELECT
    entity,
    level,
    grain,
    start,
    end,
    carrier,
    unit,
    sum(r.consumption) AS consumption,
    sum(r.kgce) AS kgce,
    sum(r.kgce_primary) AS kgce_primary,
    sum(r.co2e_location_g) AS co2e_location_g,
    sum(r.co2e_market_g) AS co2e_market_g,
    sum(r.minutes_expected) AS minutes_expected,
    sum(r.minutes_reported) AS minutes_reported
FROM rollups_current AS r
GROUP BY entity, level, grain, start, end, carrier, unit
