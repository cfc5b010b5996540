-- Emissions of an entity by scope. Scopes are added only under a standard that deducts.
CREATE OR REPLACE VIEW by_scope AS
SELECT
    entity,
    level,
    grain,
    start,
    end,
    scope,
    sum(r.co2e_location_g) AS co2e_location_g,
    sum(r.co2e_market_g) AS co2e_market_g,
    sum(r.co2e_apart_g) AS co2e_apart_g,
    sum(r.minutes_expected) AS minutes_expected,
    sum(r.minutes_reported) AS minutes_reported
FROM rollups_current AS r
GROUP BY entity, level, grain, start, end, scope
