/**
 * The statement with which clickhouse-go (and so Grafana) opens each connection. It reads the answer as a block of protocol revision
 * 54460, then all others at the revision that the answer names. The engine only makes blocks of revision 0: so we say 0.
 */

/** Revision from which this one answer must be written. */
const HELLO_REVISION = 54_460

const HELLO = /^\s*SELECT\s+displayName\(\)\s*,\s*version\(\)\s*,\s*revision\(\)\s*,\s*timezone\(\)\s*;?\s*$/i

export const isHello = (sql: string): boolean => HELLO.test(sql)

/** Whether the client reads blocks of the newer form. */
export const wantsBlockInfo = (format: string, protocolVersion: string | null): boolean =>
  format === 'Native' && Number(protocolVersion ?? 0) >= HELLO_REVISION

/** The same question for clients that read any other format. */
export const HELLO_STATEMENT =
  "SELECT 'spyglass' AS `displayName()`, version() AS `version()`, toUInt32(0) AS `revision()`, timezone() AS `timezone()`"

/** One row of four columns in the form of revision 54460: block info first, and a byte on serialisation after each column's type. */
export function helloBlock(version: string, timezone: string): Buffer {
  const info = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]) // field 1: no overflows; field 2: bucket -1; end
  return Buffer.concat([
    info,
    Buffer.from([4, 1]), // columns, rows
    column('displayName()', 'String', text('spyglass')),
    column('version()', 'String', text(version)),
    column('revision()', 'UInt32', Buffer.alloc(4)),
    column('timezone()', 'String', text(timezone)),
  ])
}

const column = (name: string, type: string, data: Buffer): Buffer => Buffer.concat([text(name), text(type), Buffer.from([0]), data])

/** Texts here are shorter than 128 bytes, so that their length is one byte. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value.slice(0, 100), 'latin1')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
