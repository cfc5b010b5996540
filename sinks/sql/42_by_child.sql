-- What each child gave to this parent while it was its child: a window in which the child moved is
-- summed from its base intervals on either side.
CREATE OR REPLACE VIEW by_child AS
WITH
    placed AS
    (
        SELECT
            h.parent AS parent,
            r.entity AS entity, r.flow AS flow, r.carrier AS carrier, r.scope AS scope,
            r.unit AS unit, r.grain AS grain, r.start AS start, r.end AS end,
            greatest(r.start, h.valid_from) AS since,
            least(r.end, coalesce(h.valid_to, r.end)) AS until,
            r.quantity AS quantity, r.consumption AS consumption,
            r.co2e_location_g AS co2e_location_g, r.co2e_market_g AS co2e_market_g,
            r.kgce AS kgce, r.kgce_primary AS kgce_primary,
            r.minutes_expected AS minutes_expected, r.minutes_reported AS minutes_reported
        FROM rollups_current AS r
        INNER JOIN entity_history AS h ON r.entity = h.entity
        WHERE h.parent != '' AND r.end > h.valid_from
            AND (h.valid_to IS NULL OR r.start < h.valid_to)
    )
SELECT
    parent, entity AS child, flow, carrier, scope, unit, grain, start, end,
    quantity, consumption, co2e_location_g, co2e_market_g, kgce, kgce_primary,
    minutes_expected, minutes_reported
FROM placed
WHERE since = start AND until = end
UNION ALL
SELECT
    p.parent, p.entity, p.flow, p.carrier, p.scope, p.unit, p.grain, p.start, p.end,
    sum(b.quantity), sum(b.consumption), sum(b.co2e_location_g), sum(b.co2e_market_g),
    sum(b.kgce), sum(b.kgce_primary), sum(b.minutes_expected), sum(b.minutes_reported)
FROM
(
    SELECT parent, entity, flow, carrier, scope, unit, grain, start, end, since, until
    FROM placed
    WHERE since != start OR until != end
) AS p
INNER JOIN
(
    SELECT
        entity, flow, start AS base_start, end AS base_end, quantity, consumption,
        co2e_location_g, co2e_market_g, kgce, kgce_primary, minutes_expected, minutes_reported
    FROM rollups_current
    WHERE grain = 'base'
) AS b ON p.entity = b.entity AND p.flow = b.flow
WHERE b.base_start >= p.since AND b.base_end <= p.until
GROUP BY p.parent, p.entity, p.flow, p.carrier, p.scope, p.unit, p.grain, p.start, p.end
