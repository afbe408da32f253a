/** The `read` request: one attribute, several, all; one MBean or a pattern; with a path and limits. */
import type { Bean } from '@spyglass/agent/registry'
import type { Directory, Entry } from './directory.ts'
import { fail, jolokiaCodeOf, wireErrorOf } from './errors.ts'
import { writersOf } from './fragments.ts'
import { parseObjectName } from './object-name.ts'
import { isUnlimited } from './parameters.ts'
import type { ReadRequest } from './request.ts'
import { MISSING, type Tree, pick, treeOf, treesOf, writeTree } from './tree.ts'

/** Called when a getter throws; the client is only told that the attribute cannot be read. */
export type OnUnreadable = (bean: Bean, attribute: string, error: unknown) => void

export interface ReadAnswer {
  /** The value as JSON. */
  readonly json: string
  /** When the oldest of the values was read by the process that pushed it, in milliseconds since the epoch; undefined: all are read now. */
  readonly sampledAt: number | undefined
}

/** Answers a read request. */
export function readValue(request: ReadRequest, directory: Directory, onUnreadable: OnUnreadable): ReadAnswer {
  const reader = new Reader(request, directory, onUnreadable)
  const json = parseObjectName(request.mbean).isPattern ? reader.readPattern() : reader.readOne()
  return { json, sampledAt: reader.sampledAt }
}

class Reader {
  sampledAt: number | undefined
  readonly #request: ReadRequest
  readonly #directory: Directory
  readonly #onUnreadable: OnUnreadable
  /** Whether values are written directly as JSON. */
  readonly #isPlain: boolean

  constructor(request: ReadRequest, directory: Directory, onUnreadable: OnUnreadable) {
    this.#request = request
    this.#directory = directory
    this.#onUnreadable = onUnreadable
    this.#isPlain = request.path.length === 0 && isUnlimited(request.parameters)
  }

  readOne(): string {
    const { mbean, attribute, parameters } = this.#request
    const bean = this.#directory.resolve(mbean)
    if (!bean) throw fail('SPY_JOLOKIA_NO_MBEAN', [mbean])
    this.#noteAge(bean)
    if (this.#isPlain)
      return typeof attribute === 'string' ? this.#fragment(bean, attribute) : this.#fragments(bean, namesOf(bean, attribute))
    const tree = typeof attribute === 'string' ? this.#tree(bean, attribute) : this.#trees(bean, namesOf(bean, attribute))
    const picked = pick(tree, this.#request.path)
    return picked === MISSING ? 'null' : writeTree(picked, parameters)
  }

  readPattern(): string {
    const found = this.#directory.match(this.#request.mbean)
    if (found.length === 0)
      throw fail('SPY_JOLOKIA_NO_MBEAN', [`No MBean with pattern ${this.#request.mbean} found for reading attributes`])
    const beans = found.flatMap((entry) => this.#asked(entry))
    if (beans.length === 0) {
      throw fail('SPY_JOLOKIA_NO_ATTRIBUTE', [`no MBean of ${this.#request.mbean} has ${String(this.#request.attribute)}`])
    }
    if (this.#isPlain) {
      const parts = beans.map(({ name, bean, attributes }) => `${JSON.stringify(name)}:${this.#fragments(bean, attributes)}`)
      return `{${parts.join(',')}}`
    }
    const tree: Tree = new Map(beans.map(({ name, bean, attributes }) => [name, this.#trees(bean, attributes)]))
    const picked = pickMatching(tree, this.#request.path)
    return writeTree(picked, this.#request.parameters)
  }

  #noteAge({ sampledAt }: Bean): void {
    if (sampledAt !== undefined && !(sampledAt >= (this.sampledAt ?? Number.POSITIVE_INFINITY))) this.sampledAt = sampledAt
  }

  /** A matching bean with the requested attributes that it has; empty if it has none. */
  #asked(entry: Entry): readonly { readonly name: string; readonly bean: Bean; readonly attributes: readonly string[] }[] {
    const bean = this.#directory.bean(entry)
    if (!bean) return []
    const { attribute, parameters } = this.#request
    const asked = typeof attribute === 'string' ? [attribute] : namesOf(bean, attribute)
    const attributes = asked.filter((name) => Object.hasOwn(bean.kind.attributes, name))
    if (attributes.length === 0) return []
    this.#noteAge(bean)
    return [{ name: parameters.canonicalNaming ? entry.parsed.canonical : entry.name, bean, attributes }]
  }

  #fragments(bean: Bean, attributes: readonly string[]): string {
    let text = '{'
    for (const name of attributes) {
      if (text.length > 1) text += ','
      text += `${JSON.stringify(name)}:`
      text += this.#orError(
        () => this.#fragment(bean, name),
        (error) => JSON.stringify(error),
      )
    }
    return `${text}}`
  }

  #trees(bean: Bean, attributes: readonly string[]): Tree {
    return new Map(
      attributes.map((name) => [
        name,
        this.#orError<Tree>(
          () => this.#tree(bean, name),
          (error) => errorTree(error),
        ),
      ]),
    )
  }

  /** With `ignoreErrors`, a failing attribute does not affect the others. */
  #orError<T>(read: () => T, failed: (error: object) => T): T {
    if (!this.#request.parameters.ignoreErrors) return read()
    try {
      return read()
    } catch (error) {
      const { status: _status, ...fields } = wireErrorOf(error)
      return failed(fields)
    }
  }

  #fragment(bean: Bean, attribute: string): string {
    const write = writersOf(bean.kind).get(attribute)
    if (!write) throw fail('SPY_JOLOKIA_NO_ATTRIBUTE', [attribute])
    return write(this.#value(bean, attribute))
  }

  #tree(bean: Bean, attribute: string): Tree {
    const build = treesOf(bean.kind).get(attribute)
    if (!build) throw fail('SPY_JOLOKIA_NO_ATTRIBUTE', [attribute])
    return build(this.#value(bean, attribute))
  }

  #value(bean: Bean, attribute: string): unknown {
    try {
      return bean.read(attribute)
    } catch (error) {
      if (jolokiaCodeOf(error) !== 'SPY_JOLOKIA_INTERNAL') throw error
      this.#onUnreadable(bean, attribute, error)
      throw fail('SPY_JOLOKIA_UNREADABLE', [attribute, bean.name], error)
    }
  }
}

/** The fields of an error: texts, and `.error`, which is true. */
function errorTree(error: object): Tree {
  return new Map(Object.entries(error).map(([name, value]) => [name, treeOf(value, typeof value === 'boolean' ? 'boolean' : 'string')]))
}

function namesOf(bean: Bean, asked: readonly string[]): readonly string[] {
  return asked.length > 0 ? asked : [...writersOf(bean.kind).keys()]
}

/** With a pattern the path starts above name and attribute; entries that it does not match are omitted. */
function pickMatching(tree: Tree, path: readonly string[]): Tree {
  const picked = pick(tree, path)
  return picked === MISSING ? new Map() : picked
}
