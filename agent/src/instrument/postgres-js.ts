/**
 * Statements of postgres.js (package `postgres`). A query is made where the application calls. It is sent when a connection is free, in the context of
 * the request that freed it. So request and place are taken when the query is made, as the library sets its property `options`; the statement begins
 * when `string` is set, the text that is sent. A subclass would add a frame to the four that the library keeps for the stacks of its errors.
 */
import type { CapturedStack } from '../call-site/call-site.ts'
import { attempt } from '../guard/guard.ts'
import { now } from '../recorder/clock.ts'
import type { Child } from '../recorder/child.ts'
import { type RequestContext, currentRequestContext, runInRequestContext } from '../recorder/context.ts'
import { type Statement, statement } from '../recorder/kinds/statement.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { pgName } from './connection-name.ts'
import { fail } from './errors.ts'
import type { Instrumentation } from './instrumentation.ts'

const SYSTEM = 'postgresql'
const MADE = Symbol('spyglass.made')

/** Where a query was made, and when it was asked for. */
interface Made {
  readonly requestContext: RequestContext | undefined
  readonly site: CapturedStack | undefined
  askedMs: number
}

interface Query {
  readonly strings: readonly string[]
  readonly executed: boolean
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
  active: boolean
  /** Of a cursor. */
  readonly cursorRows?: number
  handle: Handle
  [MADE]?: Made | undefined
}

type Handle = (this: Query) => unknown
type AnyFunction = (...args: never[]) => unknown

interface Options {
  readonly host?: readonly string[] | string
  readonly port?: readonly number[] | number
  readonly database?: string
  readonly path?: string | false
  prepare?: unknown
}
type ParseOptions = (this: unknown, ...args: unknown[]) => Options

export const postgres: Instrumentation = {
  name: 'postgres',
  package: 'postgres',
  versions: ['3.0.0', '4.0.0'],
  by: 'module hook',
  records: 'statements with call site, with how long they waited for a connection',
  kinds: [statement.name],
  forms: ['esm', 'cjs', 'tsx', 'bundle'],
  mark: '.stream has been renamed to .forEach',
  attach({ recorder }) {
    const queries = new Queries(recorder)
    const apply = ({ prototype }: { prototype: Query }): void => queries.patch(prototype)
    return [
      { file: /^cjs\/src\/query\.js$/, append: (call) => `${call} module.exports.Query)`, apply },
      { file: /^src\/query\.js$/, append: (call) => `${call} Query)`, apply },
      {
        file: /^(?:cjs\/)?src\/index\.js$/,
        append: (call) => `parseOptions = ${call} parseOptions)`,
        apply: (parse: ParseOptions) => queries.namingPools(parse),
      },
    ]
  },
}

class Queries {
  readonly #recorder: Recorder
  /** A template is one object wherever it is called. */
  readonly #texts = new WeakMap<readonly string[], string>()
  readonly #watched = new WeakSet<Options>()
  /** That of the options which were read last: a query is built from them at once. */
  #pool = ''

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** The options of a pool are read as a query is built for one of its connections. Nothing else leads from a query to its pool. */
  namingPools(parse: ParseOptions): ParseOptions {
    const watch = (options: Options): void => this.#watch(options)
    return function parseOptionsWatched(...args) {
      const options = parse.apply(this, args)
      attempt('postgres.options', () => watch(options), undefined)
      return options
    }
  }

  #watch(options: Options): void {
    if (this.#watched.has(options)) return
    this.#watched.add(options)
    const pool = poolOf(options)
    let { prepare } = options
    const read = (): unknown => {
      this.#pool = pool
      return prepare
    }
    Object.defineProperty(options, 'prepare', {
      enumerable: true,
      configurable: true,
      get: read,
      set: (value: unknown) => {
        prepare = value
      },
    })
  }

  patch(prototype: Query): void {
    const { handle } = prototype
    if (typeof handle !== 'function') throw fail('SPY_AGENT_LIBRARY', ['postgres', 'Query.prototype.handle'])
    prototype.handle = function handleRecorded() {
      const { [MADE]: made } = this
      if (made && !this.executed) made.askedMs = now()
      return handle.call(this)
    }
    onFirstSet(prototype, 'options', (query, _options, calledFrom) => (query[MADE] = this.#made(query, calledFrom)))
    onFirstSet(prototype, 'string', (query, text) => this.#begin(query, String(text)))
  }

  #made({ strings }: Query, calledFrom: AnyFunction): Made {
    const text = this.#texts.get(strings) ?? textOf(strings)
    if ('raw' in strings) this.#texts.set(strings, text)
    const site = this.#recorder.captureFor({ text, system: SYSTEM }, calledFrom)
    return { requestContext: currentRequestContext(), site, askedMs: 0 }
  }

  /** Called once, however often the library sends it again after its connection broke. */
  #begin(query: Query, text: string): void {
    const { [MADE]: made } = query
    query[MADE] = undefined
    if (!made) return
    const { requestContext, site, askedMs } = made
    const input = { system: SYSTEM, pool: this.#pool, text, waitMs: askedMs === 0 ? 0 : now() - askedMs }
    watch(
      query,
      runInRequestContext(requestContext, () => this.#recorder.startStatement(input, site)),
    )
  }
}

/** Calls `then` when a property of a query is set for the first time, which is an ordinary one from then on. */
function onFirstSet(prototype: Query, name: string, then: (query: Query, value: unknown, calledFrom: AnyFunction) => void): void {
  function set(this: Query, value: unknown): void {
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
    attempt(`postgres.${name}`, () => then(this, value, set), undefined)
  }
  Object.defineProperty(prototype, name, { configurable: true, get: () => undefined, set })
}

/** The functions that settle a query are its own. */
function watch(query: Query, child: Child<Statement>): void {
  const { resolve, reject } = query
  query.resolve = (value) => {
    child.end()
    resolve(value)
  }
  query.reject = (error) => {
    child.end(error)
    reject(error)
  }
  if (query.cursorRows !== undefined) endWhenInactive(query, child)
}

/** An iterated cursor replaces them for each batch. */
function endWhenInactive(query: Query, child: Child<Statement>): void {
  let { active } = query
  const set = (value: boolean): void => {
    active = value
    if (!value) child.end()
  }
  Object.defineProperty(query, 'active', { enumerable: true, configurable: true, get: () => active, set })
}

/** As the library writes it where no part is a fragment. */
function textOf([first = '', ...rest]: readonly string[]): string {
  return first + rest.map((part, at) => `$${at + 1}${part}`).join('')
}

function poolOf({ host, port, database = '', path }: Options): string {
  if (path) return `${path}/${database}`
  const [firstHost = '', firstPort] = [host, port].map((each) => (Array.isArray(each) ? (each as readonly unknown[])[0] : each))
  return pgName({ host: String(firstHost), port: Number(firstPort), database })
}
