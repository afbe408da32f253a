/**
 * Operations of resources of the configuration, carried out by the process that is named, or else by those that have the resource: what
 * keeps it for all, or the instances of the applications that use it.
 */
import type { OperationDeclaration } from '@spyglass/agent/contract'
import { instanceGroups, instanceNames, type SpyglassConfig } from '@spyglass/process/checked-config'
import { formatName } from '@spyglass/process/settings'
import type { Executors } from '../administration/index.ts'
import { type OperableList, operableLists } from '../resource-type/operable-lists.ts'
import { fail } from './errors.ts'

export interface ResourceOperationsOptions {
  readonly ask: (process: string, operation: string, given: Readonly<Record<string, unknown>>) => Promise<unknown>
  readonly config: () => SpyglassConfig
}

export const resourceOperations = (options: ResourceOperationsOptions): Executors =>
  Object.fromEntries(operableLists.flatMap((list) => operationsOf(list, options)))

const operationsOf = (list: OperableList, { ask, config }: ResourceOperationsOptions): [string, Executors[string]][] =>
  Object.entries(list.kind.operations).map(([operation, declared]) => [
    `${list.kind.name}.${operation}`,
    async ({ keys: { instance, name = '' }, arguments: given }) => {
      const asked = (process: string): Promise<unknown> => ask(process, operation, { ...given, [list.kind.name]: name })
      if (instance !== undefined) return await asked(instance)
      return await amongMany(ownersOf(list, name, config()), declared, asked, { operation, entry: formatName([list.list, name]) })
    },
  ])

/** @throws SPY_ADMIN_RESOURCE_IDLE, SPY_ADMIN_RESOURCE_SEVERAL, and what those that are asked throw */
async function amongMany(
  owners: readonly string[],
  { amongMany: who, impact }: OperationDeclaration,
  asked: (process: string) => Promise<unknown>,
  { operation, entry }: { readonly operation: string; readonly entry: string },
): Promise<unknown> {
  const [first, ...others] = owners
  if (first === undefined) throw fail('SPY_ADMIN_RESOURCE_IDLE', [entry])
  if (others.length === 0) return await asked(first)
  if (who === 'each') return joined(await Promise.all(await settled(owners.map(asked))))
  if (who === 'any') return await (impact === 'info' ? firstAnswer(owners, asked) : asked(first)) // what changes something is asked once
  throw fail('SPY_ADMIN_RESOURCE_SEVERAL', [operation, entry, owners.join(' or ')])
}

function ownersOf({ list, keptBy }: OperableList, name: string, config: SpyglassConfig): readonly string[] {
  const entries: readonly { readonly name: string; readonly store?: string }[] = config[list]
  if (keptBy !== undefined && entries.find((entry) => entry.name === name)?.store !== 'redis') return [keptBy]
  return instanceGroups(config)
    .filter(({ applications }) => applications.some((application) => application[list].includes(name)))
    .flatMap(instanceNames)
}

/** All are asked to the end before one that failed fails the operation. */
async function settled(answers: readonly Promise<unknown>[]): Promise<readonly Promise<unknown>[]> {
  await Promise.allSettled(answers)
  return answers
}

async function firstAnswer([first = '', ...others]: readonly string[], asked: (process: string) => Promise<unknown>): Promise<unknown> {
  if (others.length === 0) return await asked(first)
  return await asked(first).catch(() => firstAnswer(others, asked))
}

/** Lists one after the other, counts as their sum, and one yes among answers yes or no is a yes. */
function joined(answers: readonly unknown[]): unknown {
  if (answers.every((answer) => Array.isArray(answer))) return answers.flat()
  if (answers.every((answer) => typeof answer === 'number')) return answers.reduce((sum, count) => sum + count, 0)
  return answers.every((answer) => typeof answer === 'boolean') ? answers.includes(true) : answers[0]
}
