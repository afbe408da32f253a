/** What the arguments of commands may be: names that the server has now, and what is declared of them. */
import type { ResourceKind } from '@spyglass/agent/contract'
import type { Answers } from '../administration/index.ts'
import type { AdminClient } from '@spyglass/process/admin-socket'
import type { Node } from '@spyglass/process/settings'
import type { CommandDeclaration } from './command-declaration.ts'

type Client = Pick<AdminClient, 'call'>
type Listed = Answers['list']

interface Asked {
  readonly client: Client
  /** As far as it is typed. */
  readonly word: string
  /** The arguments before it. */
  readonly given: readonly string[]
}

export const candidateSources: Readonly<
  Record<NonNullable<CommandDeclaration['completes']>, (asked: Asked) => Promise<readonly string[]>>
> = {
  names: ({ client, word }) => namesWithPrefix(client, word),
  settings: async ({ client, word }) =>
    word.includes('=')
      ? await valuesOf(word.slice(0, word.indexOf('=')))
      : namesOf(await listed(client, word), 'setting').map((name) => `${name}=`),
  configured: async ({ client, word }) => namesOf(await listed(client, word), 'setting', 'entry'),
  entries: async (asked) => (asked.given.length === 0 ? await lists() : await settingsOfEntry(asked)),
  operations: async (asked) => (asked.given.length === 0 ? await operations(asked) : await operationArguments(asked)),
  applications: async ({ client, given }) => (given.length === 0 ? await applications(client) : []),
  shells: () => Promise.resolve([]), // known to the scripts
}

/** Names of resources, of attributes where the prefix goes on after a resource, and of what is configured. */
async function namesWithPrefix(client: Client, prefix: string): Promise<readonly string[]> {
  const [live, configured] = await Promise.all([liveNames(client, prefix), listed(client, prefix)])
  return [...live, ...configured.map(({ name }) => name)]
}

const listed = async (client: Client, prefix: string): Promise<Listed> => (await client.call('list', { pattern: `${prefix}*` })) as Listed
const liveNames = async (client: Client, prefix: string): Promise<readonly string[]> =>
  (await client.call('names', { prefix })) as readonly string[]

const namesOf = (all: Listed, ...types: readonly Listed[number]['type'][]): readonly string[] =>
  all.filter(({ type }) => types.includes(type)).map(({ name }) => name)

/** Where the values of a setting are few. */
async function valuesOf(name: string): Promise<readonly string[]> {
  const { declarationAt, parseName } = await import('@spyglass/process/settings')
  const node = declarationAt(parseName(name))?.node
  const values = node?.type === 'boolean' ? ['true', 'false'] : node?.type === 'choice' ? node.values : []
  return values.map((value) => `${name}=${value}`)
}

async function applications(client: Client): Promise<readonly string[]> {
  const { parseName } = await import('@spyglass/process/settings')
  return namesOf(await listed(client, 'applications.'), 'entry').map((name) => parseName(name)[1] ?? '')
}

async function lists(): Promise<readonly string[]> {
  const { spyglassSettings } = await import('@spyglass/process/settings')
  return Object.entries(spyglassSettings).flatMap(([name, { type }]) => (type === 'list' ? [`${name}.`] : []))
}

/** Of a new entry of a list, those that are not given yet. */
async function settingsOfEntry({ given: [entry = '', ...assignments] }: Asked): Promise<readonly string[]> {
  const { parseName, spyglassSettings } = await import('@spyglass/process/settings')
  const [list = ''] = parseName(entry)
  const node: Node | undefined = Object.entries(spyglassSettings).find(([name]) => name === list)?.[1]
  if (node?.type !== 'list') return []
  const names = Object.keys(node.settings).filter((setting) => !node.key.includes(setting))
  return unassigned(names, assignments)
}

const unassigned = (names: readonly string[], assignments: readonly string[]): readonly string[] =>
  names.filter((name) => !assignments.some((one) => one.startsWith(`${name}=`))).map((name) => `${name}=`)

/** Of resources that live, and of what is configured. */
async function operations({ client, word }: Asked): Promise<readonly string[]> {
  const above = word.slice(0, Math.max(0, word.lastIndexOf('.')))
  const [live, below, configured] = await Promise.all([liveNames(client, word), liveNames(client, above), listed(client, word)])
  const resources = [...live, ...(below.some((name) => name.startsWith(`${above}.`)) ? [above] : [])]
  const ofLive = await Promise.all(resources.map(async (name) => (await operationsOfLive(name)).map((operation) => `${name}.${operation}`)))
  return [...ofLive.flat(), ...namesOf(configured, 'operation')]
}

/** Nothing where the name is that of an attribute. */
async function operationsOfLive(name: string): Promise<readonly string[]> {
  const { kinds } = await import('@spyglass/mbeans/kinds')
  const { parseName } = await import('@spyglass/process/settings')
  const [first, ...keys] = parseName(name)
  const kind: ResourceKind | undefined = Object.values(kinds).find((one) => one.name === first)
  return kind?.keys.length === keys.length ? Object.keys(kind.operations ?? {}) : []
}

/** The operation may be a word of its own; its arguments may be written as options. */
async function operationArguments({ word, given: [first = '', ...rest] }: Asked): Promise<readonly string[]> {
  const { operationNamed } = await import('../administration/operations.ts')
  const whole = declaredBy(() => operationNamed(first))
  if (!whole && rest.length === 0) return await operationsOfLive(first)
  const { declared } = whole ?? operationNamed(`${first}.${rest[0]}`)
  const names = unassigned(Object.keys(declared.arguments ?? {}), rest)
  return word.startsWith('-') ? names.map((name) => `--${name.slice(0, -1)}`) : names
}

function declaredBy<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch {
    return undefined
  }
}
