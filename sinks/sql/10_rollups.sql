-- The rollups: one row per entity, flow and window, the highest version in force.
-- A figure is kept as raw_…; bit i of `nulls` says that figure i is null, bit i of `same` that it
-- repeats the figure it derives from (a leaf's remainder is its quantity), so that it is written once.
-- The names to use are the columns without raw_: exact, and null where nothing is known.
CREATE TABLE IF NOT EXISTS rollups
(
    grain Enum8('base' = 1, 'hour' = 2, 'day' = 3, 'month' = 4, 'quarter' = 5, 'year' = 6)
        COMMENT 'Size of the window · 时间粒度',
    entity LowCardinality(String) COMMENT 'Node of the accounting tree · 核算单元',
    flow LowCardinality(String) COMMENT 'Carrier and how it is obtained or used · 能流',
    start DateTime('{zone}') COMMENT 'Start of the window, in the zone of the workspace · 开始时间',
    end DateTime('{zone}') COMMENT 'End of the window, excluded · 结束时间（不含）',
    level LowCardinality(String) COMMENT 'Level of the entity · 层级',
    carrier LowCardinality(String) COMMENT 'Energy carrier · 能源品种',
    scope LowCardinality(String) COMMENT 'Scope of the standard: 1, 2, 3 or - · 范围',
    unit LowCardinality(String) COMMENT 'Native unit of the flow · 计量单位',
    nulls UInt32 COMMENT 'Bit i: figure i is null · 空值标记',
    same UInt32 COMMENT 'Bit i: figure i repeats another · 重复标记',
    raw_quantity Decimal(38,6),
    raw_consumption Decimal(38,6),
    raw_co2e_location_g Decimal(38,15),
    raw_co2e_market_g Decimal(38,15),
    raw_kgce Decimal(38,15),
    raw_kgce_primary Decimal(38,15),
    raw_co2e_apart_g Decimal(38,15),
    raw_quantity_estimated Decimal(38,6),
    raw_quantity_declared Decimal(38,6),
    raw_quantity_apportioned Decimal(38,6),
    raw_quantity_measured Decimal(38,6),
    raw_quantity_edited Decimal(38,6),
    raw_remainder Decimal(38,6),
    raw_supplied Decimal(38,6),
    raw_newest_reading DateTime('{zone}'),
    quantity Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 0), NULL, raw_quantity)
        COMMENT 'As metered, in the native unit · 计量数量',
    consumption Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 1), NULL, multiIf(bitTest(same, 1), raw_quantity, bitTest(same, 15), -raw_quantity, raw_consumption))
        COMMENT 'Quantity with its sign in consumption, exports negative · 带符号的消费量',
    co2e_location_g Nullable(Decimal(38,15))
        ALIAS if(bitTest(nulls, 2), NULL, raw_co2e_location_g)
        COMMENT 'Grams of CO2e, location-based, signed by the standard · 基于位置的排放量（克）',
    co2e_market_g Nullable(Decimal(38,15))
        ALIAS if(bitTest(nulls, 3), NULL, if(bitTest(same, 3), raw_co2e_location_g, raw_co2e_market_g))
        COMMENT 'Grams of CO2e, market-based, signed by the standard · 基于市场的排放量（克）',
    kgce Nullable(Decimal(38,15))
        ALIAS if(bitTest(nulls, 4), NULL, raw_kgce)
        COMMENT 'Standard coal, equivalent value, kg · 折标准煤（当量值，千克）',
    kgce_primary Nullable(Decimal(38,15))
        ALIAS if(bitTest(nulls, 5), NULL, if(bitTest(same, 5), raw_kgce, raw_kgce_primary))
        COMMENT 'Standard coal, primary value, kg · 折标准煤（等价值，千克）',
    co2e_apart_g Nullable(Decimal(38,15))
        ALIAS if(bitTest(nulls, 6), NULL, raw_co2e_apart_g)
        COMMENT 'Grams of CO2e that the standard shows apart · 单独列示的排放量（克）',
    quantity_estimated Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 7), NULL, if(bitTest(same, 7), raw_quantity, raw_quantity_estimated))
        COMMENT 'Part that is estimated · 估算部分',
    quantity_declared Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 8), NULL, if(bitTest(same, 8), raw_quantity, raw_quantity_declared))
        COMMENT 'Part that is declared · 申报部分',
    quantity_apportioned Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 9), NULL, if(bitTest(same, 9), raw_quantity, raw_quantity_apportioned))
        COMMENT 'Part measured in sum, estimated in shape · 分摊部分',
    quantity_measured Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 10), NULL, if(bitTest(same, 10), raw_quantity, raw_quantity_measured))
        COMMENT 'Part that is measured · 实测部分',
    quantity_edited Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 11), NULL, if(bitTest(same, 11), raw_quantity, raw_quantity_edited))
        COMMENT 'Part that a person entered · 人工修正部分',
    remainder Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 12), NULL, if(bitTest(same, 12), raw_quantity, raw_remainder))
        COMMENT 'The entity less its children · 余量（扣除下级）',
    supplied Nullable(Decimal(38,6))
        ALIAS if(bitTest(nulls, 13), NULL, raw_supplied)
        COMMENT 'What supplied_by meters took off here · 供给他方的数量',
    newest_reading Nullable(DateTime('{zone}'))
        ALIAS if(bitTest(nulls, 14), NULL, raw_newest_reading)
        COMMENT 'End of the latest interval with a quantity · 最新读数时间',
    minutes_expected Int64 COMMENT 'Meter-minutes that should have reported · 应报表计分钟',
    minutes_reported Int64 COMMENT 'Meter-minutes covered by readings in force · 已报表计分钟',
    status LowCardinality(String) COMMENT 'open or provisional · 状态',
    region_found LowCardinality(String) COMMENT 'How the factor''s region was found · 因子地区匹配方式',
    date_found LowCardinality(String) COMMENT 'How the factor''s date was found · 因子日期匹配方式',
    market_basis LowCardinality(String) COMMENT 'What the market figure rests on · 市场法依据',
    updated_at DateTime('{zone}') COMMENT 'When this row was computed · 更新时间',
    factor_set LowCardinality(String) COMMENT 'Library, standard and GWP set used · 因子集',
    version UInt64 COMMENT 'Checkpoint that wrote this row; the highest stands · 版本',
    gone UInt8 COMMENT '1: this rollup ceased to exist · 已不存在'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(start)
ORDER BY (grain, entity, flow, start)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
