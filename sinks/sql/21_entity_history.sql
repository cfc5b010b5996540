-- Where an entity stood, and when: one row per entity and period.
CREATE TABLE IF NOT EXISTS entity_history
(
    entity LowCardinality(String) COMMENT 'Id · 编号',
    parent LowCardinality(String) COMMENT 'Parent in this period, empty at the top · 上级',
    level LowCardinality(String) COMMENT 'Level of the tree · 层级',
    region LowCardinality(String) COMMENT 'Region of its factors · 因子地区',
    valid_from DateTime('{zone}') COMMENT 'Start of the period · 生效时间',
    valid_to Nullable(DateTime('{zone}')) COMMENT 'End, excluded; null: still so · 失效时间（不含）'
)
ENGINE = MergeTree
ORDER BY (entity, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
