-- The findings that hold now.
CREATE OR REPLACE VIEW findings_current AS
SELECT kind, subject, flow, start, end, value, other, text, version
FROM findings FINAL
WHERE gone = 0
