/** `spyglass list`, `get` and `status`: what a running server says of itself. */
import { codeOf } from '@spyglass/agent/contract'
import type { Answers, Listed as ConfiguredName, SettingValue } from '../administration/index.ts'
import type { AdminClient } from '@spyglass/process/admin-socket'
import { matcherOf } from '@spyglass/process/settings'
import { textOf } from '../dotted-name/index.ts'
import { fail } from '../errors.ts'
import type { DottedResource } from '../management/attributes.ts'
import { type Invocation, textOption, type Values } from './parse.ts'
import type { Session } from './session.ts'
import { completions } from './complete-line.ts'
import { statusLines } from './status.ts'

type Run = (invocation: Invocation, session: Session) => Promise<void>

/** Resources that live, and what is configured: sections, entries, settings and operations. @throws SPY_NAME_UNKNOWN */
export const list: Run = async ({ values, words }, session) => {
  const patterns = words.length > 0 ? words : ['*']
  const client = await session.connect(values)
  const target = textOption(values, 'target')
  const live = await liveOf(client, patterns, target)
  const matchers = patterns.map(matcherOf)
  const resources = live.resources.filter(({ name }) => matchers.some((matches) => matches(name)))
  const configured = target === undefined ? await listed(client, patterns) : []
  const found = [...resources.map(({ name, kind }): Listed => ({ name, type: 'resource', description: kind })), ...configured]
  if (found.length === 0) throw live.error ?? fail('SPY_NAME_UNKNOWN', [patterns.join(', ')])
  const sorted = [...new Map(found.map((each) => [each.name, each])).values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  session.print(values['json'] ? [JSON.stringify(sorted)] : sorted.map((each) => lineOf(each, values['long'] === true, sorted)))
}

type Listed = Omit<ConfiguredName, 'type'> & { readonly type: ConfiguredName['type'] | 'resource' }

function lineOf({ name, type, description }: Listed, isLong: boolean, all: readonly Listed[]): string {
  if (!isLong) return name
  const width = Math.min(60, Math.max(...all.map((each) => each.name.length)))
  return `${name.padEnd(width)}  ${type.padEnd(9)}  ${description}`
}

async function listed(client: AdminClient, patterns: readonly string[]): Promise<readonly Listed[]> {
  const lists = await Promise.all(patterns.map(async (pattern) => (await client.call('list', { pattern })) as Answers['list']))
  return lists.flat()
}

/** Attributes of resources and settings; a resource's own name stands for all its attributes. @throws SPY_NAME_UNKNOWN */
export const get: Run = async ({ values, words }, session) => {
  const client = await session.connect(values)
  const target = textOption(values, 'target')
  const live = await liveOf(client, words, target)
  const attributes = live.resources.flatMap(attributesOf)
  const found: Found[] = []
  for (const pattern of words) {
    const matches = matcherOf(pattern)
    const matching = attributes.filter(({ resource, name }) => matches(name) || matches(resource))
    const settings = target === undefined ? await settingsOf(client, pattern) : []
    if (matching.length + settings.length === 0) throw live.error ?? fail('SPY_NAME_UNKNOWN', [pattern])
    found.push(...matching, ...settings)
  }
  const unique = [...new Map(found.map((each) => [each.name, each])).values()]
  session.print(values['json'] ? [jsonOf(unique)] : unique.map(({ name, value }) => `${name}=${value === undefined ? '' : textOf(value)}`))
}

type Found = NamedValue | SettingValue

const jsonOf = (found: readonly Found[]): string =>
  JSON.stringify(Object.fromEntries(found.map(({ name, value }) => [name, value ?? null])))

/** The setting of this name, and those below it. */
async function settingsOf(client: AdminClient, pattern: string): Promise<readonly SettingValue[]> {
  const answers = await Promise.all([pattern, `${pattern}.*`].map((name) => settingsNamed(client, name)))
  return answers.flat()
}

async function settingsNamed(client: AdminClient, name: string): Promise<readonly SettingValue[]> {
  try {
    return (await client.call('get', { names: [name] })) as Answers['get']
  } catch (error) {
    if (codeOf(error) === 'SPY_ADMIN_NAME_UNKNOWN') return []
    throw error
  }
}

export const status: Run = async ({ values }, session) => {
  const resources = await read(await session.connect(values), ['*'])
  session.print(values['json'] ? [JSON.stringify(resources)] : statusLines(resources))
}

/** Silent without a server: a completion has nobody to tell. */
export const complete: Run = async ({ values, words }, session) => {
  try {
    session.print(await completions(words, await session.connect({ ...values, ...placeIn(words) })))
  } catch {
    // the command itself reports it
  }
}

/** The server that the line is for. */
function placeIn(words: readonly string[]): Values {
  const after = (option: string): string | undefined => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined)
  return Object.fromEntries(['data', 'config'].flatMap((name) => (after(`--${name}`) === undefined ? [] : [[name, after(`--${name}`)]])))
}

interface Live {
  readonly resources: readonly DottedResource[]
  /** Why they are not known. */
  readonly error?: unknown
}

/** What is configured is known without management, too. */
async function liveOf(client: AdminClient, patterns: readonly string[], target?: string): Promise<Live> {
  try {
    return { resources: await read(client, patterns, target) }
  } catch (error) {
    if (codeOf(error) !== 'SPY_LOCAL_PART') throw error
    return { resources: [], error }
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
