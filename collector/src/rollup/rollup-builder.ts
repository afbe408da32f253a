/**
 * The rows of red_1m, sql_1m and errors_1m of one request. They are built while it is decoded and written with it, in the same journal
 * entry: nothing has to be rebuilt after a crash. Aggregates of every request are the source; spans only where the sender has none.
 */
import { attr, metric } from '@spyglass/agent/contract'
import { StatementShapes } from '@spyglass/agent/sql'
import { cutText } from '../native/cut-text.ts'
import { TableBlock } from '../native/table-block.ts'
import { type CountedError, ErrorRows } from './error-rows.ts'
import { addHistogram, addSeconds, type Buckets, type ExponentialCounts } from './buckets.ts'

/** Attributes of spans that rollups look at. */
export const SPAN_KEYS = [
  attr.httpMethod,
  attr.dbSystem,
  'db.system',
  attr.dbQueryText,
  'db.statement',
  attr.dbOperation,
  attr.dbPool,
  attr.application,
] as const

/** Beyond it new series of one request are counted together under `_other`. */
const MAX_SERIES = 5000
const STATEMENT_BYTES = 4096
/** As long as the names in otel_traces, so that the spans of a series are found by its name. */
const NAME_BYTES = 1024
const OTHER = '_other'

/** Statements are counted by our normalised text and digest, whatever the sender normalises. */
const shapes = new StatementShapes()

/** Who sent what is counted. */
export interface Sender {
  readonly server: string
  /** If its process hosts only one. */
  readonly application: string
  readonly service: string
  readonly instance: string
  /** Of the service. */
  readonly version: string
}

export interface RollupOrigin extends Sender {
  /** Seconds since the epoch, whole minutes. */
  readonly minute: number
}

export interface SpanSample {
  readonly name: string
  readonly isServer: boolean
  readonly failed: boolean
  readonly nanos: number
  readonly value: (key: (typeof SPAN_KEYS)[number]) => string
}

/** A data point of one of the contract's duration histograms, in seconds. */
export interface DurationPoint extends ExponentialCounts {
  readonly count: number
  readonly sum: number
  readonly max: number
  readonly attributes: ReadonlyMap<string, string>
}

interface Cell {
  readonly origin: RollupOrigin
  readonly names: readonly string[]
  readonly statement: string
  count: number
  errors: number
  sum: number
  max: number
  readonly buckets: Buckets
}

interface Addition {
  readonly count: number
  readonly errors: number
  readonly sum: number
  readonly max: number
}

export class RollupBuilder {
  readonly #red = new Map<string, Cell>()
  readonly #sql = new Map<string, Cell>()
  readonly #errors = new ErrorRows()

  get errors(): readonly CountedError[] {
    return this.#errors.errors
  }

  /** Adds a server or client span of a sender without aggregates. */
  span(sender: RollupOrigin, { name, isServer, failed, nanos, value }: SpanSample): void {
    const origin = { ...sender, application: sender.application || value(attr.application) }
    const addition = { count: 1, errors: failed ? 1 : 0, sum: nanos, max: nanos }
    const system = isServer ? '' : value(attr.dbSystem) || value('db.system')
    if (system) {
      const { digest, text } = shapes.of(value(attr.dbQueryText) || value('db.statement') || name, system)
      const cell = cellOf(this.#sql, origin, [system, value(attr.dbPool), digest, value(attr.dbOperation)], text)
      addTo(cell, addition)
      addSeconds(cell.buckets, nanos / 1e9)
    } else if (isServer || value(attr.httpMethod)) {
      const cell = cellOf(this.#red, origin, [name, isServer ? 'Server' : 'Client', failed ? 'Error' : 'Unset'])
      addTo(cell, addition)
      addSeconds(cell.buckets, nanos / 1e9)
    }
  }

  /** Adds a point of the aggregates; ignores metrics that feed no rollup. */
  point(name: string, sender: RollupOrigin, point: DurationPoint): void {
    const origin = { ...sender, application: sender.application || (point.attributes.get(attr.application) ?? '') }
    if (point.count === 0) return
    if (name === metric.errorDuration) this.#errors.add(origin, point.attributes, point.count)
    const cell = this.#cellOfPoint(name, origin, point.attributes)
    if (!cell) return
    const failed = isFailed(point.attributes)
    addTo(cell, {
      count: point.count,
      errors: failed ? point.count : 0,
      sum: Math.max(0, Math.round(point.sum * 1e9)),
      max: Math.max(0, Math.round(point.max * 1e9)),
    })
    addHistogram(cell.buckets, point)
  }

  /** The rows of everything added. */
  finish(): TableBlock[] {
    return [redBlock(this.#red.values()), sqlBlock(this.#sql.values()), ...this.#errors.finish()].filter(({ rows }) => rows > 0)
  }

  #cellOfPoint(name: string, origin: RollupOrigin, attributes: ReadonlyMap<string, string>): Cell | undefined {
    const value = (key: string): string => attributes.get(key) ?? ''
    const status = isFailed(attributes) ? 'Error' : 'Unset'
    if (name === metric.httpServerDuration) {
      return cellOf(this.#red, origin, [joined(value(attr.httpMethod), value(attr.httpRoute) || value(attr.urlTemplate)), 'Server', status])
    }
    if (name === metric.httpClientDuration) {
      const port = value(attr.serverPort)
      const peer = port ? `${value(attr.serverAddress)}:${port}` : value(attr.serverAddress)
      return cellOf(this.#red, origin, [joined(value(attr.httpMethod), peer), 'Client', status])
    }
    if (name !== metric.dbClientDuration) return undefined
    const system = value(attr.dbSystem)
    const { digest, text } = shapes.of(value(attr.dbQueryText), system)
    return cellOf(this.#sql, origin, [system, value(attr.dbPool), digest, value(attr.dbOperation)], text)
  }
}

/** Whether a point of the HTTP or database durations counts as errors. */
function isFailed(attributes: ReadonlyMap<string, string>): boolean {
  return (attributes.get(attr.errorType) ?? '') !== '' || Number(attributes.get(attr.httpStatus) ?? 0) >= 500
}

const joined = (method: string, target: string): string => (target ? `${method} ${target}` : method)

function cellOf(cells: Map<string, Cell>, origin: RollupOrigin, wanted: readonly string[], statement = ''): Cell {
  const names = wanted.map((name) => cutText(name, NAME_BYTES))
  const key = [origin.minute, origin.server, origin.application, origin.service, origin.instance, origin.version, ...names].join('\n')
  const known = cells.get(key)
  if (known) return known
  if (cells.size >= MAX_SERIES && !names.includes(OTHER)) return cellOf(cells, origin, others(names))
  const cell = { origin, names, statement: cutText(statement, STATEMENT_BYTES), count: 0, errors: 0, sum: 0, max: 0, buckets: new Map() }
  cells.set(key, cell)
  return cell
}

/** red: name, kind, status; sql: system, pool, digest, operation. What identifies the series gives way, the rest stays. */
const others = (names: readonly string[]): string[] =>
  names.length === 3 ? [OTHER, ...names.slice(1)] : [...names.slice(0, 2), OTHER, OTHER]

function addTo(cell: Cell, { count, errors, sum, max }: Addition): void {
  cell.count += count
  cell.errors += errors
  cell.sum += sum
  cell.max = Math.max(cell.max, max)
}

function redBlock(cells: Iterable<Cell>): TableBlock {
  const block = new TableBlock('red_1m')
  for (const cell of cells) {
    block.dictionary('Version').string(cell.origin.version)
    writeCell(block, cell, { dimensions: ['SpanName', 'SpanKind', 'StatusCode'], count: 'Requests' })
  }
  return block
}

function sqlBlock(cells: Iterable<Cell>): TableBlock {
  const block = new TableBlock('sql_1m')
  for (const cell of cells) {
    block.dictionary('DbSystem').string(cell.names[0] ?? '')
    block.dictionary('Pool').string(cell.names[1] ?? '')
    block.text('Digest').string(cell.names[2] ?? '')
    block.dictionary('Operation').string(cell.names[3] ?? '')
    block.text('Statement').string(cell.statement)
    writeCell(block, cell, { dimensions: [], count: 'Calls' })
  }
  return block
}

function writeCell(block: TableBlock, cell: Cell, { dimensions, count }: { dimensions: readonly string[]; count: string }): void {
  block.fixed('Minute').data.u32(cell.origin.minute)
  block.dictionary('ServiceName').string(cell.origin.service)
  block.dictionary('Instance').string(cell.origin.instance)
  block.dictionary('Server').string(cell.origin.server)
  block.dictionary('Application').string(cell.origin.application)
  for (const [i, name] of dimensions.entries()) block.dictionary(name).string(cell.names[i] ?? '')
  block.fixed(count).data.whole(cell.count)
  block.fixed('Errors').data.whole(cell.errors)
  block.fixed('DurationSum').data.whole(cell.sum)
  block.fixed('DurationMax').data.whole(cell.max)
  block.buckets('Buckets').add(cell.buckets)
  block.endRow(cell.origin.minute, cell.count)
}
