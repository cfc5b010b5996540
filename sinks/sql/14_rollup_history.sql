-- Every published version of every rollup, the one in force included.
CREATE OR REPLACE VIEW rollup_history AS
SELECT
    entity,
    level,
    flow,
    carrier,
    scope,
    grain,
    start,
    end,
    quantity,
    consumption,
    unit,
    co2e_location_g,
    co2e_market_g,
    kgce,
    kgce_primary,
    co2e_apart_g,
    quantity_estimated,
    quantity_declared,
    quantity_apportioned,
    quantity_measured,
    quantity_edited,
    remainder,
    supplied,
    minutes_expected,
    minutes_reported,
    status,
    region_found,
    date_found,
    market_basis,
    newest_reading,
    updated_at,
    factor_set,
    version,
    gone,
    p.published_at AS published_at,
    p.cause AS cause
FROM
(
    SELECT *, quantity, consumption, co2e_location_g, co2e_market_g, kgce, kgce_primary, co2e_apart_g, quantity_estimated, quantity_declared, quantity_apportioned, quantity_measured, quantity_edited, remainder, supplied, newest_reading FROM rollup_past FINAL
    UNION DISTINCT
    SELECT *, quantity, consumption, co2e_location_g, co2e_market_g, kgce, kgce_primary, co2e_apart_g, quantity_estimated, quantity_declared, quantity_apportioned, quantity_measured, quantity_edited, remainder, supplied, newest_reading FROM rollups FINAL WHERE status != 'open'
) AS r
LEFT JOIN (SELECT * FROM publications FINAL) AS p ON r.version = p.version
