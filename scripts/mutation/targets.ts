/** What `npm run mutation` changes, and the tests that must notice. A test checks that every source and test still exists. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface Target {
  readonly name: string
  /** Sources by folder or file. */
  readonly sources: readonly string[]
  readonly tests: readonly string[]
  /** Project of vitest. Default unit. */
  readonly project?: 'unit' | 'process'
}

/** Changes that nobody can observe, found by the text of the line that holds them. Such mutants are not tried. */
export interface Equivalent {
  readonly file: string
  /** The whole source line, without the spaces around. */
  readonly line: string
  /** What the mutant makes of it, `before → after`; default: every mutant of the line. */
  readonly change?: string
  readonly reason: string
}

const WRITER = 'agent/src/otlp/protobuf-writer.ts'
const V3_MESSAGE = 'snmp-bridge/src/usm/v3-message.ts'

export const equivalents: readonly Equivalent[] = [
  { file: WRITER, line: 'const INITIAL_BYTES = 1024', reason: 'the buffer grows as needed' },
  { file: WRITER, line: 'const MAX_VARINT_BYTES = 10', change: '10 → 11', reason: 'room that is not used' },
  { file: WRITER, line: 'this.#reserve(4)', reason: 'the varint of the tag reserved ten bytes and took at most five' },
  { file: WRITER, line: 'this.#reserve(8)', change: '8 → 9', reason: 'room that is not used' },
  { file: WRITER, line: 'this.#reserve(1)', reason: 'the varint of the tag reserved ten bytes and took at most five' },
  { file: WRITER, line: 'if (needed <= this.#buffer.length) return', change: '<= → <', reason: 'grows a byte earlier' },
  { file: WRITER, line: 'if (extra > 0) {', change: '> → >=', reason: 'moving by no bytes changes nothing' },
  { file: WRITER, line: 'if (extra > 0) {', change: 'extra > 0 → true', reason: 'moving by no bytes changes nothing' },
  {
    file: WRITER,
    line: 'const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))',
    change: '2 → 3',
    reason: 'how fast the buffer grows',
  },
  {
    file: WRITER,
    line: "if (typeof value === 'number' && value >= 0) this.#varint(value)",
    change: "typeof value === 'number' && value >= 0 → false",
    reason: 'a short cut: the other way writes the same bytes',
  },
  {
    file: 'agent/src/sql/characters.ts',
    line: 'const kind = unit >= 0 ? classOf(unit) : CLASS.other',
    change: '>= → >',
    reason: 'NUL is no part of a word either way',
  },
  {
    file: 'snmp-bridge/src/usm/usm.ts',
    line: 'if (!result.ok) options.counters[result.report]++',
    change: '!result.ok → true',
    reason: 'a result that is right has no counter',
  },
  {
    file: 'collector/src/wal/acknowledged.ts',
    line: 'const COPY_BYTES = 64',
    change: '64 → 65',
    reason: 'padding between two copies that are written and read by the same constant',
  },
  {
    file: 'collector/src/wal/journal.ts',
    line: 'for (let start = 0; start < bytes.length;) {',
    change: '< → <=',
    reason: 'a piece of no bytes holds no line',
  },
  {
    file: 'collector/src/wal/journal.ts',
    line: 'if (whole) return [{ entry: whole, start, end }]',
    change: 'whole → false',
    reason: 'a short cut: the search finds a whole line as well',
  },
  {
    file: 'collector/src/wal/inspection.ts',
    line: 'tables === undefined || parts.every(({ table, offset, length }) => (tables.get(table)?.length ?? 0) >= offset + length)',
    change: '0 → 1',
    reason: 'no part of an entry is a single byte',
  },
  {
    file: 'collector/src/wal/recovery.ts',
    line: 'return (one.entries[0]?.time ?? 0) - (other.entries[0]?.time ?? 0) || (one.name < other.name ? -1 : 1)',
    change: '1 → 2',
    reason: 'only the sign of a comparison counts',
  },
  {
    file: 'collector/src/wal/repair.ts',
    line: 'await files.truncate(join(folder, JOURNAL), Math.min(journalEnd + 1, journal?.length ?? 0))',
    change: '0 → 1',
    reason: 'entries that are kept have a journal',
  },
  {
    file: 'runtime/src/datasource/lent-connection.ts',
    line: 'forgotten.unregister(this)',
    reason: 'the pool ignores the collection of a handle that was released',
  },
  {
    file: 'runtime/src/decider/reconciler/next-steps.ts',
    line: 'if (since === undefined) continue',
    change: 'since === undefined → false',
    reason: 'a moment that is no number is never due',
  },
  {
    file: 'runtime/src/decider/reconciler/policy.ts',
    line: 'return Math.min(policy.backOffFirstMs * 2 ** Math.min(failures - 1, 30), policy.backOffMostMs)',
    change: '30 → 31',
    reason: 'the largest setting of backOffMostMs is reached long before',
  },
  {
    file: 'collector/src/decode/attributes.ts',
    line: 'const KEY = 10',
    change: '10 → 11',
    reason: 'only the quick way for spans uses it: without it they are read the other way, to the same end',
  },
  {
    file: 'collector/src/decode/attributes.ts',
    line: 'if (text === -1 || end - text > limits.valueBytes) return void guard.hit()',
    change: 'text === -1 || end - text > limits.valueBytes → true',
    reason: 'the quick way is never taken: spans are read the other way, to the same end',
  },
  {
    file: 'collector/src/decode/logs.ts',
    line: 'if (record.nameEnd - record.name <= EVENT_PREFIX.length) return',
    change: '<= → <',
    reason: 'the prefix by itself is no event that is known',
  },
  {
    file: 'collector/src/decode/traces.ts',
    line: 'let low = end < 0 ? 0 : buf.readUInt32LE(end) - this.#time.low',
    change: '< → <=',
    reason: 'no field stands at the first byte of a request',
  },
  {
    file: 'collector/src/decode/traces.ts',
    line: 'let high = end < 0 ? 0 : buf.readUInt32LE(end + 4) - this.#time.high',
    change: '< → <=',
    reason: 'no field stands at the first byte of a request',
  },
  {
    file: V3_MESSAGE,
    line: 'return 110 + 2 * engineId.length + user.length',
    change: '110 → 111',
    reason: 'an upper bound of what headers take',
  },
  {
    file: V3_MESSAGE,
    line: 'saltCounter = BigInt.asUintN(64, saltCounter + 1n)',
    change: '+ → -',
    reason: 'a salt must be new, not larger',
  },
]

export const targets: readonly Target[] = [
  { name: 'ber', sources: ['snmp-bridge/src/ber'], tests: ['test/snmp-bridge/ber', 'test/snmp-bridge/message/agent-core'] },
  {
    name: 'snmp-message',
    sources: ['snmp-bridge/src/message', 'snmp-bridge/src/usm'],
    tests: ['test/snmp-bridge/message', 'test/snmp-bridge/usm', 'test/snmp-bridge/notification/inform-receiver'],
  },
  { name: 'otlp-writer', sources: ['agent/src/otlp/protobuf-writer.ts'], tests: ['test/agent/otlp'] },
  { name: 'log', sources: ['collector/src/wal'], tests: ['test/collector/wal'] },
  {
    name: 'pool',
    sources: ['runtime/src/datasource/pool', 'runtime/src/datasource/lent-connection.ts'],
    tests: ['test/runtime/datasource'],
  },
  { name: 'reconciler', sources: ['runtime/src/decider/reconciler'], tests: ['test/runtime/decider/reconciler'] },
  { name: 'normaliser', sources: ['agent/src/sql'], tests: ['test/agent/sql'] },
  { name: 'decoder', sources: ['collector/src/decode'], tests: ['test/collector/decode'] },
  {
    name: 'histogram',
    sources: ['agent/src/aggregate/exponential-histogram.ts', 'collector/src/rollup/buckets.ts'],
    tests: ['test/agent/aggregate', 'test/collector/rollup'],
  },
  { name: 'boards', sources: ['dashboards/src/board/lint-board.ts'], tests: ['test/dashboards/board/lint-board'] },
]

/** The sources of a target that have logic, relative to `root`. @throws ENOENT for one that was moved */
export function filesOf({ sources }: Target, root: string): string[] {
  return sources.flatMap((source) => {
    if (statSync(join(root, source)).isFile()) return [source]
    const names = readdirSync(join(root, source), { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => name.endsWith('.ts') && !/(^|\/)(index|errors)\.ts$|\.gen\.ts$/.test(name))
      .toSorted()
      .map((name) => join(source, name))
  })
}
