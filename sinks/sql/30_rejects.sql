-- What could not be taken, as it came, with the reason. Every copy is a row: a line that was cut when it was
-- read and went on later is two rejects of one place.
CREATE TABLE IF NOT EXISTS rejects
(
    source LowCardinality(String) COMMENT 'Source · 来源',
    position String COMMENT 'Line, row or byte in the source · 位置',
    reason LowCardinality(String) COMMENT 'Reason · 原因',
    meter String COMMENT 'Meter, as far as one was read · 表计',
    message String COMMENT 'What is wrong, in words · 说明',
    payload String COMMENT 'The reading as it came, cut to 2,000 characters · 原文',
    received_at DateTime64(6, '{zone}') COMMENT 'Receipt · 接收时间',
    version UInt64 COMMENT 'Checkpoint · 版本'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (source, received_at, position, cityHash64(payload))
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
