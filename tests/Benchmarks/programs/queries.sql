-- Inserts, an index, updates, joins and sums in memory.
PRAGMA temp_store = memory;
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, kind INTEGER, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000)
INSERT INTO item SELECT i, 'item ' || (i * 7919 % 90017), i * 104729 % 97, i % 1000 / 8.0 FROM n;
CREATE INDEX by_name ON item(name);
CREATE TABLE kind(id INTEGER PRIMARY KEY, title TEXT);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 96) INSERT INTO kind SELECT i, 'kind ' || i FROM n;
SELECT count(*), sum(price), max(name) FROM item WHERE name LIKE 'item 1%7';
SELECT title, count(*), round(avg(price), 3) FROM item JOIN kind ON kind.id = item.kind GROUP BY kind.id ORDER BY 3 DESC, 1 LIMIT 5;
UPDATE item SET price = price * 1.25 WHERE kind % 3 = 1;
SELECT a.id, b.id FROM item a JOIN item b ON b.name = 'item ' || (a.id * 3 % 90017) WHERE a.id % 50 = 0 ORDER BY b.id LIMIT 3;
DELETE FROM item WHERE id % 4 = 0;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700000) SELECT sum(i * i % 1013), group_concat(substr(i, 1, 1), '') IS NOT NULL FROM n;
SELECT count(*), round(total(price), 2), min(length(name)) FROM item;
