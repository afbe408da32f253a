/** The rows of errors_1m of one request: what failed, by fingerprint and version. */
import { attr } from '@spyglass/agent/contract'
import { cutText } from '../native/cut-text.ts'
import { TableBlock } from '../native/table-block.ts'

/** Beyond it new errors of one request are counted together. */
const MAX_ERRORS = 2000
const TEXT_BYTES = 1024
/** Fingerprint of the errors that their sender, or this, had no place for. */
export const OTHER_ERRORS = '_other'

interface ErrorOrigin {
  /** Seconds since the epoch, whole minutes. */
  readonly minute: number
  readonly server: string
  readonly application: string
  readonly service: string
  readonly instance: string
  readonly version?: string
}

export interface CountedError extends ErrorOrigin {
  readonly fingerprint: string
  readonly type: string
  readonly message: string
  /** `file:line`, or empty. */
  readonly location: string
  readonly function: string
}

interface Cell {
  readonly error: CountedError
  count: number
}

export class ErrorRows {
  readonly #cells = new Map<string, Cell>()

  /** What was added, without the errors that have no fingerprint of their own. */
  get errors(): CountedError[] {
    return [...this.#cells.values()].map(({ error }) => error).filter(({ fingerprint }) => fingerprint !== OTHER_ERRORS)
  }

  add(origin: ErrorOrigin, attributes: ReadonlyMap<string, string>, count: number): void {
    const error = errorOf(origin, attributes)
    const key = keyOf(error)
    const isFull = this.#cells.size >= MAX_ERRORS && !this.#cells.has(key)
    const cell = isFull ? this.#cellOf(errorOf(origin, new Map())) : this.#cellOf(error, key)
    cell.count += count
  }

  /** None if nothing failed. */
  finish(): TableBlock[] {
    if (this.#cells.size === 0) return []
    const block = new TableBlock('errors_1m')
    for (const cell of this.#cells.values()) writeCell(block, cell)
    return [block]
  }

  #cellOf(error: CountedError, key = keyOf(error)): Cell {
    let cell = this.#cells.get(key)
    if (!cell) this.#cells.set(key, (cell = { error, count: 0 }))
    return cell
  }
}

function keyOf({ minute, server, application, service, instance, version, fingerprint }: CountedError): string {
  return [minute, server, application, service, instance, version, fingerprint].join('\n')
}

function errorOf(origin: ErrorOrigin, attributes: ReadonlyMap<string, string>): CountedError {
  const value = (key: string): string => cutText(attributes.get(key) ?? '', TEXT_BYTES)
  const [file, line] = [value(attr.codeFile), value(attr.codeLine)]
  return {
    ...origin,
    fingerprint: value(attr.errorFingerprint) || OTHER_ERRORS,
    type: value(attr.exceptionType),
    message: value(attr.exceptionMessage),
    location: file && line ? `${file}:${line}` : file,
    function: value(attr.codeFunction),
  }
}

function writeCell(block: TableBlock, { error, count }: Cell): void {
  block.fixed('Minute').data.u32(error.minute)
  block.dictionary('ServiceName').string(error.service)
  block.dictionary('Instance').string(error.instance)
  block.text('Fingerprint').string(error.fingerprint)
  block.dictionary('Version').string(error.version ?? '')
  block.dictionary('Server').string(error.server)
  block.dictionary('Application').string(error.application)
  block.text('Type').string(error.type)
  block.text('Message').string(error.message)
  block.text('Location').string(error.location)
  block.text('Function').string(error.function)
  block.fixed('Errors').data.whole(count)
  block.endRow(error.minute, count)
}
