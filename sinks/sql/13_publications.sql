-- One row per checkpoint: when its rows were published, and why they differ from those before.
CREATE TABLE IF NOT EXISTS publications
(
    version UInt64 COMMENT 'Checkpoint · 版本',
    published_at DateTime('{zone}') COMMENT 'When it was published · 发布时间',
    cause LowCardinality(String) COMMENT 'readings, registry, factors or settings · 原因'
)
ENGINE = ReplacingMergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
