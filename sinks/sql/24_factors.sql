-- The factor rows that the workspace's standard can use, each with where it comes from.
CREATE TABLE IF NOT EXISTS factors
(
    standard LowCardinality(String) COMMENT 'Accounting standard · 核算标准',
    factor LowCardinality(String) COMMENT 'Factor · 因子',
    variant LowCardinality(String) COMMENT 'Variant (average, residual …) · 口径',
    region LowCardinality(String) COMMENT 'Region · 地区',
    measure LowCardinality(String) COMMENT 'co2, ch4, n2o, co2e, kgce, kgce_primary · 指标',
    value Decimal(38, 9) COMMENT 'Grams, or kgce, per native unit · 数值（克/计量单位）',
    unit LowCardinality(String) COMMENT 'Native unit · 计量单位',
    valid_from DateTime('{zone}') COMMENT 'Start of validity · 生效时间',
    valid_to Nullable(DateTime('{zone}')) COMMENT 'End, excluded; null: no end · 失效时间（不含）',
    data_year Nullable(UInt16) COMMENT 'Year of the data · 数据年份',
    published Nullable(Date) COMMENT 'Date of publication · 发布日期',
    document String COMMENT 'Document · 文件',
    source String COMMENT 'Where it was read · 来源',
    method String COMMENT 'Method · 方法',
    evidence LowCardinality(String) COMMENT 'official, two_sources, one_source, recalled · 依据',
    library LowCardinality(String) COMMENT 'Release of the library, or the workspace · 因子库版本'
)
ENGINE = MergeTree
ORDER BY (standard, factor, variant, region, measure, valid_from)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
