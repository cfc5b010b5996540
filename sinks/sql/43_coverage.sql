-- How much of what should have reported did report, in percent
-- (cut to 4 decimals).
CREATE OR REPLACE VIEW coverage AS
SELECT
    entity,
    level,
    flow,
    grain,
    start,
    end,
    minutes_expected,
    minutes_reported,
    toDecimal64(minutes_reported, 4) * 100 / nullIf(minutes_expected, 0) AS percent
FROM rollups_current
