-- Versions that were published (provisional or later) and then replaced: kept for good.
CREATE TABLE IF NOT EXISTS rollup_past AS rollups
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(start)
ORDER BY (grain, entity, flow, start, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
