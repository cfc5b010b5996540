-- The book: the reading in force in each interval of each meter, as it is at this moment (while a run
-- changes it, ahead of the rollups). It is read from the book's own files, a day a file: name the `day`
-- (UTC) to read few of them.
CREATE OR REPLACE VIEW meter_intervals
(
    day Date COMMENT 'UTC day of the start · 日期（UTC）',
    meter String COMMENT 'Meter · 表计',
    entity LowCardinality(String) COMMENT 'Entity it belonged to then · 当时所属单元',
    flow LowCardinality(String) COMMENT 'Flow · 能流',
    start DateTime('{zone}') COMMENT 'Start · 开始时间',
    end DateTime('{zone}') COMMENT 'End, excluded · 结束时间（不含）',
    quantity Nullable(Decimal(38, 6)) COMMENT 'Quantity in native units; null: void · 电量/用量',
    rank LowCardinality(String) COMMENT 'estimated … edited · 数据级别',
    revision Int64 COMMENT 'Revision of the reading · 修订号',
    conflict UInt8 COMMENT '1: another quantity of the same rank and revision came · 冲突',
    reading_start DateTime('{zone}') COMMENT 'Start of the whole reading · 原读数开始时间',
    reading_end DateTime('{zone}') COMMENT 'End of the whole reading · 原读数结束时间',
    reading_quantity Nullable(Decimal(38, 6)) COMMENT 'Quantity of the whole reading · 原读数数量'
)
AS
WITH
    6 AS decimals,
    toDecimal128('0.000001', decimals) AS unit,
    placed AS
    (
        SELECT
            s.meter AS meter, s.cell_s AS cell_s, s.place AS place, m.entity AS entity, m.flow AS flow,
            toInt64(m.valid_from) AS since,
            if(m.meter = '' OR m.valid_to IS NULL, 0x7FFFFFFFFFFFFFFF, toInt64(m.valid_to)) AS until
        FROM book.slots AS s
        LEFT JOIN meters AS m ON s.meter = m.meter
    ),
    held AS
    (
        SELECT
            toDate(substring(_file, 1, 10)) AS day,
            toUInt32(substring(_file, 12)) AS cell_s,
            intDiv(intDiv(assumeNotNull(_size) - 4096, 16), intDiv(86400, cell_s)) AS stride,
            assumeNotNull(_row_number) - 256 AS number,
            toUInt32(number % stride) AS place,
            toInt64(toUnixTimestamp(toDateTime(day, 'UTC')))
                + intDiv(number, stride) * cell_s AS begin,
            bitShiftRight(key, 61) AS rank,
            bitTest(key, 60) AS short,
            toInt64(bitAnd(bitShiftRight(key, 7), 0x1FFFFFFFFFFFFF)) AS payload,
            bitTest(key, 0) AS conflict,
            quantity
        FROM book.cells
        WHERE _row_number >= 256 AND key != 0
    ),
    longer AS
    (
        SELECT
            toInt64(assumeNotNull(_row_number)) - 1 AS number, start AS begin, start + cells * cell_s AS until,
            quantity, revision
        FROM book.longer
        WHERE cells > 0 AND _row_number > 0
    )
SELECT
    h.day AS day,
    p.meter AS meter,
    p.entity AS entity,
    p.flow AS flow,
    toDateTime(h.begin, '{zone}') AS start,
    toDateTime(h.begin + h.cell_s, '{zone}') AS end,
    if(h.quantity < 0, NULL, h.quantity * unit) AS quantity,
    ['estimated', 'declared', 'apportioned', 'measured', 'edited'][h.rank] AS rank,
    if(h.short, h.payload, l.revision) AS revision,
    h.conflict AS conflict,
    toDateTime(if(h.short, h.begin, l.begin), '{zone}') AS reading_start,
    toDateTime(if(h.short, h.begin + h.cell_s, l.until), '{zone}') AS reading_end,
    if(if(h.short, h.quantity, l.quantity) < 0, NULL, if(h.short, h.quantity, l.quantity) * unit)
        AS reading_quantity
FROM held AS h
INNER JOIN placed AS p ON h.cell_s = p.cell_s AND h.place = p.place
LEFT JOIN longer AS l ON if(h.short, -1, h.payload) = l.number
WHERE h.begin >= p.since AND h.begin < p.until
