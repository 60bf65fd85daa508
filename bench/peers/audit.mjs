// The audit's checks in SQL: one pass over the file, with two threads. Fails unless it finds rows, and no fault.
import { DuckDBInstance } from '@duckdb/node-api';

const file = process.argv[2];
const columns = `{service_sid: 'VARCHAR', channel_sid: 'VARCHAR', identity: 'VARCHAR', role_sid: 'VARCHAR',
  last_consumed_message_index: 'BIGINT', last_consumption_timestamp: 'TIMESTAMP', date_created: 'TIMESTAMP',
  date_updated: 'TIMESTAMP', attributes: 'VARCHAR'}`;
const all = `{sid: 'VARCHAR', account_sid: 'VARCHAR', service_sid: 'VARCHAR', channel_sid: 'VARCHAR', identity: 'VARCHAR',
  role_sid: 'VARCHAR', last_consumed_message_index: 'BIGINT', last_consumption_timestamp: 'TIMESTAMP',
  date_created: 'TIMESTAMP', date_updated: 'TIMESTAMP', attributes: 'VARCHAR', url: 'VARCHAR'}`;
const source = file.endsWith('.csv')
  ? `read_csv('${file}', header = true, columns = ${all})`
  : `read_json('${file}', format = 'newline_delimited', columns = ${columns})`;

const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const connection = await instance.connect();
const reader = await connection.runAndReadAll(`
  WITH judged AS (
    SELECT service_sid, channel_sid, identity,
      count(*) AS n,
      sum(CASE WHEN NOT regexp_full_match(service_sid, 'IS[0-9a-fA-F]{32}')
        OR NOT regexp_full_match(role_sid, 'RL[0-9a-fA-F]{32}')
        OR channel_sid IS NULL OR channel_sid IN ('', '.', '..')
        OR identity IS NULL OR identity = '' OR regexp_full_match(identity, 'US[0-9a-fA-F]{32}')
        OR last_consumed_message_index < 0
        OR NOT json_valid(attributes)
        THEN 1 ELSE 0 END) AS errors,
      sum(CASE WHEN length(identity) > 256 OR regexp_matches(identity, '[!*''();:@&=+$,/?%#\\[\\]]')
        OR strlen(attributes) > 4096
        OR date_updated < date_created OR date_created > now()::TIMESTAMP OR date_created < TIMESTAMP '2010-01-01'
        OR (last_consumption_timestamp IS NOT NULL AND last_consumed_message_index IS NULL)
        THEN 1 ELSE 0 END) AS warnings,
      min(date_created) AS first, max(date_created) AS last
    FROM ${source} GROUP BY ALL),
  spelt AS (
    SELECT service_sid, channel_sid, sum(n) AS n, sum(errors) AS errors, sum(warnings) AS warnings, sum(n - 1) AS duplicates,
      count(*) AS members, count(DISTINCT lower(identity)) AS spellings, min(first) AS first, max(last) AS last
    FROM judged GROUP BY ALL)
  SELECT sum(n)::BIGINT AS rows, sum(errors)::BIGINT + sum(warnings)::BIGINT + sum(duplicates)::BIGINT
    + sum(members - spellings)::BIGINT + count(*) FILTER (members > 1000) AS faults, count(*) AS channels, min(first), max(last)
  FROM spelt`);
const [found] = reader.getRowObjectsJson();
console.log(found);
if (Number(found.rows) === 0 || Number(found.faults) !== 0) process.exitCode = 1;
