-- Contributions: with which weight a meter counts at which entity, and when (R6).
CREATE TABLE IF NOT EXISTS memberships
(
    meter String COMMENT 'Meter · 表计',
    entity LowCardinality(String) COMMENT 'Entity at which it counts · 核算单元',
    weight Int64 COMMENT 'How often it counts there; negative: it is taken off · 权重',
    valid_from DateTime('{zone}') COMMENT 'Start of the period · 生效时间',
    valid_to Nullable(DateTime('{zone}')) COMMENT 'End, excluded; null: still so · 失效时间（不含）'
)
ENGINE = MergeTree
ORDER BY (entity, meter, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
