/** docs/reference/tables.md, from the declared ClickHouse tables. */
import { DATABASE, type Table, tables } from '@spyglass/agent/contract'
import { code, document, section, table } from './markdown.ts'

export function tablesPage(): string {
  const introduction = [
    `Tables of the database \`${DATABASE}\`. The \`otel_*\` tables have the names, types and values of the OpenTelemetry Collector's ClickHouse`,
    'exporter, so that tools for those tables work with these. Rollups hold one row per batch: always sum over them.',
  ].join('\n')
  return document('Tables', introduction, Object.values<Table>(tables).map(tableSection))
}

function tableSection({ name, columns, engine, orderBy, partitionBy, ttlFrom, retention }: Table): string {
  const setting = `retention.${retention}Days`
  const facts = `Engine ${code(engine)}, ordered by ${code(orderBy)}, partitioned by ${code(partitionBy)}. Kept for ${code(setting)} from ${code(ttlFrom)}.`
  const rows = columns.map((column) => [code(column.name), code(column.type), column.default === undefined ? '' : code(column.default)])
  return section(name, facts, table(['Column', 'Type', 'Default'], rows))
}
