/** What a process writes to its standard output and error, as lines of the server log: each an object of JSON that names its process. */
import { StringDecoder } from 'node:string_decoder'

export interface OutputSource {
  /** Name of the process: `shop-1`. */
  readonly process: string
  /** Name of the application that it runs; undefined for our own processes and for a process that several applications share. */
  readonly application?: string | undefined
  readonly pid: number
}

/** A longer line is cut into several. */
const MAX_LINE = 65_536

/** Turns the chunks of one stream into lines. */
export class OutputLines {
  readonly #source: OutputSource
  readonly #tail: string
  readonly #head: string
  readonly #emit: (line: string) => void
  readonly #now: () => number
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  /** `emit` gets each line with its line break. */
  constructor(source: OutputSource, stream: 'stdout' | 'stderr', emit: (line: string) => void, now: () => number = Date.now) {
    this.#source = source
    const { process, application, pid } = source
    const fields = { ...(application === undefined ? {} : { application }), process }
    this.#tail = JSON.stringify(fields).slice(1)
    this.#head = `{"level":"${stream === 'stderr' ? 'warn' : 'info'}","time":"`
    this.#emit = emit
    this.#now = now
    this.#rawFields = `","pid":${pid},"stream":"${stream}","msg":`
  }

  readonly #rawFields: string

  write(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk)
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#line(text.slice(start, text.charCodeAt(end - 1) === CARRIAGE_RETURN ? end - 1 : end))
      start = end + 1
    }
    this.#rest = text.slice(start)
    while (this.#rest.length >= MAX_LINE) {
      this.#line(this.#rest.slice(0, MAX_LINE))
      this.#rest = this.#rest.slice(MAX_LINE)
    }
  }

  /** The stream has ended: what has no line break is a line as well. */
  end(): void {
    this.#rest += this.#decoder.end()
    if (this.#rest !== '') this.#line(this.#rest)
    this.#rest = ''
  }

  #line(line: string): void {
    if (line === '') return
    for (let start = 0; start < line.length; start += MAX_LINE) this.#emit(this.#named(line.slice(start, start + MAX_LINE)))
  }

  /** The last field of a name counts, so that no line can pass itself off as another's. */
  #named(line: string): string {
    const object = objectOf(line)
    if (!object) return `${this.#head}${new Date(this.#now()).toISOString()}${this.#rawFields}${JSON.stringify(line)},${this.#tail}\n`
    if (this.#isNamed(object)) return `${line}\n`
    const inner = line.slice(0, line.lastIndexOf('}')).trimEnd()
    return `${inner}${inner === '{' ? '' : ','}${this.#tail}\n`
  }

  /** Our own loggers name process and application themselves. */
  #isNamed({ process, application }: Readonly<Record<string, unknown>>): boolean {
    return process === this.#source.process && (this.#source.application === undefined || application === this.#source.application)
  }
}

const CARRIAGE_RETURN = 13

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (line.charCodeAt(0) !== BRACE) return undefined
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

const BRACE = 123
