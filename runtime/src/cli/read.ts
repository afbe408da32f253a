/** `spyglass list`, `get` and `status`: what a running server says of itself. */
import type { AdminClient } from '../admin-socket/index.ts'
import { matches, textOf } from '../dotted-name/index.ts'
import { fail } from '../errors.ts'
import type { DottedResource } from '../management/attributes.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'
import { statusLines } from './status.ts'

type Run = (invocation: Invocation, session: Session) => Promise<void>

/** @throws SPY_NAME_UNKNOWN */
export const list: Run = async ({ values, words }, session) => {
  const patterns = words.length > 0 ? words : ['*']
  const names = (await read(await session.connect(values), patterns, textOption(values, 'target'))).map(({ name }) => name)
  const found = names.filter((name) => patterns.some((pattern) => matches(pattern, name))).sort()
  if (found.length === 0) throw fail('SPY_NAME_UNKNOWN', [patterns.join(', ')])
  session.print(values['json'] ? [JSON.stringify(found)] : found)
}

/** A resource's own name stands for all its attributes. @throws SPY_NAME_UNKNOWN */
export const get: Run = async ({ values, words }, session) => {
  const resources = await read(await session.connect(values), words, textOption(values, 'target'))
  const all = resources.flatMap(attributesOf)
  const found = words.flatMap((pattern) => {
    const matching = all.filter(({ resource, name }) => matches(pattern, name) || matches(pattern, resource))
    if (matching.length === 0) throw fail('SPY_NAME_UNKNOWN', [pattern])
    return matching
  })
  const unique = [...new Map(found.map((attribute) => [attribute.name, attribute])).values()]
  session.print(
    values['json']
      ? [JSON.stringify(Object.fromEntries(unique.map(({ name, value }) => [name, value])))]
      : unique.map(({ name, value }) => `${name}=${textOf(value)}`),
  )
}

export const status: Run = async ({ values }, session) => {
  const resources = await read(await session.connect(values), ['*'])
  session.print(values['json'] ? [JSON.stringify(resources)] : statusLines(resources))
}

/** Silent without a server: a completion has nobody to tell. */
export const complete: Run = async ({ values, words }, session) => {
  try {
    session.print((await (await session.connect(values)).call('names', { prefix: words[0] ?? '' })) as readonly string[])
  } catch {
    // the command itself reports it
  }
}

async function read(client: AdminClient, patterns: readonly string[], target?: string): Promise<readonly DottedResource[]> {
  const resources = (await client.call('read', { patterns })) as readonly DottedResource[]
  return target === undefined ? resources : resources.filter(({ name }) => partsOf(name).slice(1).includes(target))
}

/** The parts of a dotted name, without their escapes. */
function partsOf(name: string): readonly string[] {
  return name.split(/(?<!(?:^|[^\\])(?:\\\\)*\\)\./).map((part) => part.replaceAll(/\\(.)/g, '$1'))
}

interface NamedValue {
  readonly resource: string
  readonly name: string
  readonly value: unknown
}

const attributesOf = ({ name: resource, values }: DottedResource): readonly NamedValue[] =>
  Object.entries(values).map(([attribute, value]) => ({ resource, name: `${resource}.${attribute}`, value }))
