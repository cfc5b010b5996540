-- One row per entity as it is now.
CREATE TABLE IF NOT EXISTS entities
(
    entity LowCardinality(String) COMMENT 'Id · 编号',
    name_en String COMMENT 'Name in English · 英文名称',
    name_zh String COMMENT 'Name in Chinese · 中文名称',
    level LowCardinality(String) COMMENT 'Level of the tree · 层级',
    parent LowCardinality(String) COMMENT 'Current parent, empty at the top · 当前上级',
    path Array(String) COMMENT 'From the top down to itself · 路径',
    region LowCardinality(String) COMMENT 'Region of its factors, own or inherited · 因子地区',
    tags Map(String, String) COMMENT 'Tags · 标签'
)
ENGINE = MergeTree
ORDER BY entity
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
