-- The format of these tables; another release may read another one.
CREATE TABLE IF NOT EXISTS format
(
    format UInt32 COMMENT 'Format number · 格式版本'
)
ENGINE = MergeTree
ORDER BY format
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
