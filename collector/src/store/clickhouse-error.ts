/** Errors in the form every ClickHouse client knows: `Code: N. DB::Exception: text. (NAME)`, with the status ClickHouse would give. */
import { messageOf } from '@spyglass/agent/contract'

/** Code numbers of ClickHouse that we give ourselves or treat apart. */
export const clickhouseCodes = {
  UNKNOWN_FUNCTION: 46,
  UNKNOWN_TABLE: 60,
  SYNTAX_ERROR: 62,
  UNKNOWN_FORMAT: 73,
  CANNOT_OPEN_FILE: 76,
  NOT_IMPLEMENTED: 48,
  UNKNOWN_DATABASE: 81,
  UNKNOWN_SETTING: 115,
  INCORRECT_DATA: 117,
  TIMEOUT_EXCEEDED: 159,
  TOO_SLOW: 160,
  QUERY_IS_TOO_LARGE: 218,
  READONLY: 164,
  TOO_DEEP_AST: 167,
  TOO_BIG_AST: 168,
  REQUIRED_PASSWORD: 194,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  NO_FREE_CONNECTION: 203,
  MEMORY_LIMIT_EXCEEDED: 241,
  TABLE_IS_READ_ONLY: 242,
  NOT_ENOUGH_SPACE: 243,
  SESSION_NOT_FOUND: 372,
  QUERY_IS_PROHIBITED: 392,
  QUERY_WAS_CANCELLED: 394,
  SETTING_CONSTRAINT_VIOLATION: 452,
  UNKNOWN_QUERY_PARAMETER: 456,
  TOO_DEEP_RECURSION: 306,
  ACCESS_DENIED: 497,
  SET_NON_GRANTED_ROLE: 512,
  AUTHENTICATION_FAILED: 516,
  FILE_DOESNT_EXIST: 107,
  BAD_ARGUMENTS: 36,
  UNKNOWN_EXCEPTION: 1002,
} as const

export type ClickhouseCodeName = keyof typeof clickhouseCodes

/** An error that goes over the wire as ClickHouse's own do. */
export class ClickhouseError extends Error {
  /** Stable like every code of ours: `CH_60`. */
  readonly code: string
  readonly number: number
  /** The whole text, `Code: N. DB::Exception: …`. */
  readonly wireText: string
  /** Seconds after which a retry makes sense, for temporary errors. */
  readonly retryAfterSeconds: number

  constructor(number: number, wireText: string, cause?: unknown, retryAfterSeconds = 1) {
    super(wireText, cause === undefined ? undefined : { cause })
    this.name = 'ClickhouseError'
    this.number = number
    this.code = `CH_${number}`
    this.wireText = wireText
    this.retryAfterSeconds = retryAfterSeconds
  }

  /** HTTP status that ClickHouse gives this code. */
  get status(): number {
    return statusOf(this.number)
  }
}

/** Makes an error of ours in ClickHouse's form. */
export function refuse(name: ClickhouseCodeName, text: string, cause?: unknown, retryAfterSeconds?: number): ClickhouseError {
  const number = clickhouseCodes[name]
  return new ClickhouseError(number, `Code: ${number}. DB::Exception: ${text}. (${name})`, cause, retryAfterSeconds)
}

/** The engine's error as one of ours; its text has the form already. */
export function fromEngine(error: unknown): ClickhouseError {
  if (error instanceof ClickhouseError) return error
  const text = messageOf(error).trim()
  const number = /^Code: (\d+)\./.exec(text)?.[1]
  if (number !== undefined) return new ClickhouseError(Number(number), text, error)
  return refuse('UNKNOWN_EXCEPTION', text || 'the engine gave no reason', error)
}

const STATUS: Readonly<Record<number, number>> = {
  [clickhouseCodes.REQUIRED_PASSWORD]: 401,
  [clickhouseCodes.AUTHENTICATION_FAILED]: 403,
  [clickhouseCodes.ACCESS_DENIED]: 403,
  [clickhouseCodes.SET_NON_GRANTED_ROLE]: 403,
  [clickhouseCodes.READONLY]: 403,
  [clickhouseCodes.QUERY_IS_PROHIBITED]: 403,
  [clickhouseCodes.TOO_MANY_SIMULTANEOUS_QUERIES]: 503,
  [clickhouseCodes.NO_FREE_CONNECTION]: 503,
  [clickhouseCodes.NOT_ENOUGH_SPACE]: 503,
  [clickhouseCodes.QUERY_IS_TOO_LARGE]: 413,
  [clickhouseCodes.TIMEOUT_EXCEEDED]: 408,
  [clickhouseCodes.NOT_IMPLEMENTED]: 501,
  [clickhouseCodes.FILE_DOESNT_EXIST]: 404,
}

/** Names that do not exist (functions, columns, types, tables, formats, databases, settings) are 404 in ClickHouse. */
const NOT_FOUND = new Set([16, 46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336, 372, 456, 511])
/** Statements and data that cannot be understood are 400. */
const BAD_REQUEST = new Set([6, 8, 15, 26, 27, 36, 38, 41, 42, 43, 44, 53, 62, 69, 70, 72, 117, 130, 131, 167, 168, 306, 427, 452, 457])

function statusOf(number: number): number {
  const own = STATUS[number]
  if (own !== undefined) return own
  if (NOT_FOUND.has(number)) return 404
  return BAD_REQUEST.has(number) ? 400 : 500
}
