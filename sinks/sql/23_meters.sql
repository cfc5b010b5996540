-- The registry's meters: one row per meter and period.
CREATE TABLE IF NOT EXISTS meters
(
    meter String COMMENT 'Meter · 表计',
    entity LowCardinality(String) COMMENT 'Entity it belongs to · 所属单元',
    flow LowCardinality(String) COMMENT 'Flow that it measures · 能流',
    unit LowCardinality(String) COMMENT 'Native unit of the flow · 计量单位',
    interval_s UInt32 COMMENT 'Seconds of its interval · 读数间隔（秒）',
    multiplier String COMMENT 'Multiplier, exact · 倍率',
    sub_of Array(String) COMMENT 'Meters that it lies behind · 上级表计',
    supplied_by LowCardinality(String) COMMENT 'Entity that supplies it · 供能单元',
    weight Int64 COMMENT 'How often it counts · 权重',
    valid_from DateTime('{zone}') COMMENT 'Start of the period · 生效时间',
    valid_to Nullable(DateTime('{zone}')) COMMENT 'End, excluded; null: still so · 失效时间（不含）'
)
ENGINE = MergeTree
ORDER BY (meter, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
