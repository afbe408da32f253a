/** What a process printed last: often the reason of its end. Bounded, whatever it prints. */
import type { Readable } from 'node:stream'

const MAX_CHARACTERS = 4096
const MAX_WORDS = 300
/** Of an error that Node prints: its frames, the mark under the code, the version at the end, and the rest of its fields. */
const BESIDE = /^(?:\s+at .*|[\s^~]*|Node\.js v\d.*|\s+[\w$[\]]+: .*|\s*[\]})]+)$/
/** The line that names an error: `TypeError: …`, `Error [ERR_X]: …`, `error: …`. */
const NAMES_ERROR = /^(?:Uncaught )?[\w.]*(?:Error|Exception)\b.*: \S/i

export class LastWords {
  #text = ''

  /** Others may read the stream as well. */
  constructor(stream: Readable | null) {
    stream?.on('data', (chunk: Buffer) => (this.#text = (this.#text + chunk.toString('utf8')).slice(-MAX_CHARACTERS)))
  }

  /** The line that says most; empty when nothing was printed. */
  get text(): string {
    return lastWords(this.#text)
  }
}

/** Of several lines the last one that names an error, else the last that is none of an error's details. Of lines of a logger only errors count. */
export function lastWords(text: string): string {
  const lines = text.split(/\r?\n/).flatMap(saidIn)
  const line = lines.findLast((each) => NAMES_ERROR.test(each)) ?? lines.findLast((each) => !BESIDE.test(each)) ?? ''
  return line.trim().slice(0, MAX_WORDS)
}

/** What a line says: itself, or, if it is an object as loggers write it, the error in it. */
function saidIn(line: string): readonly string[] {
  if (!line.startsWith('{')) return [line]
  const { level, msg, message = msg, err, error = err } = recordIn(line)
  if (level === undefined) return [line]
  const isError =
    typeof level === 'number' ? level >= PINO_ERROR : typeof level === 'string' && /^(error|fatal|crit|alert|emerg)/i.test(level)
  if (!isError) return []
  const fields: LogRecord = typeof error === 'object' && error !== null ? { ...error } : {}
  return [fields['message'] ?? error, message].filter((each): each is string => typeof each === 'string' && each !== '').slice(0, 1)
}

/** The level `error` of pino. */
const PINO_ERROR = 50

type LogRecord = Readonly<Record<string, unknown>>

function recordIn(line: string): LogRecord {
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return {} // the beginning of it was dropped, or it is no JSON
  }
}
