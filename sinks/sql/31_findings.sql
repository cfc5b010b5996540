-- What the books noticed, every version of it.
CREATE TABLE IF NOT EXISTS findings
(
    kind LowCardinality(String) COMMENT 'conflict, sum_mismatch, negative_remainder, no_factor · 类型',
    subject String COMMENT 'Meter or entity · 对象',
    flow LowCardinality(String) COMMENT 'Flow · 能流',
    start DateTime('{zone}') COMMENT 'Start · 开始时间',
    end DateTime('{zone}') COMMENT 'End, excluded · 结束时间（不含）',
    value Nullable(Decimal(38, 6)) COMMENT 'What stands · 现值',
    other Nullable(Decimal(38, 6)) COMMENT 'What is at odds with it · 对照值',
    text String COMMENT 'In words · 说明',
    version UInt64 COMMENT 'Checkpoint · 版本',
    gone UInt8 COMMENT '1: it no longer holds · 已消除'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (kind, subject, flow, start, end)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
