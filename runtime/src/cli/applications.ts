/** Commands on applications: words of their own for operations and settings that `invoke` and `set` reach as well. */
import { resolve } from 'node:path'
import { formatName } from '@spyglass/process/settings'
import { fail } from '../errors.ts'
import { invokeOperation, printResult, setSettings } from './change.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

type Run = (invocation: Invocation, session: Session) => Promise<void>

/** Options of `deploy` that are settings of the application. */
const SETTINGS: Readonly<Record<string, string>> = {
  path: 'contextPath',
  host: 'host',
  listener: 'listener',
  replicas: 'replicas',
  entry: 'entry',
  import: 'imports',
  isolation: 'isolation',
}

/** Flags of `deploy` that are settings of the application. */
const FLAGS = ['worker', 'static', 'install'] as const

export const deploy: Run = async ({ values, words: [source = ''] }, session) => {
  const settings = Object.entries(SETTINGS).flatMap(([option, setting]): [string, string][] => {
    const value = textOption(values, option)
    return value === undefined ? [] : [[setting, value]]
  })
  const flags = FLAGS.filter((flag) => values[flag] === true).map((flag) => [flag, true] as const)
  const name = textOption(values, 'name')
  const given = { source: resolve(source), settings: Object.fromEntries([...settings, ...flags]), ...(name === undefined ? {} : { name }) }
  printResult(session, values, await invokeOperation(session, values, { name: 'server.deploy', arguments: given }))
}

export const undeploy: Run = async ({ values, words: [name] }, session) => {
  printResult(session, values, await invokeOperation(session, values, { name: `${applicationOf(name)}.undeploy` }))
}

export const versions: Run = async ({ values, words: [name] }, session) => {
  printResult(session, values, await invokeOperation(session, values, { name: `${applicationOf(name)}.versions` }))
}

export const rollback: Run = async ({ values, words: [name, version] }, session) => {
  const given = version === undefined ? {} : { version: numberOf('VERSION', version) }
  printResult(session, values, await invokeOperation(session, values, { name: `${applicationOf(name)}.rollback`, arguments: given }))
}

export const scale: Run = async ({ values, words: [name, replicas = ''] }, session) => {
  await setSettings(session, values, { [`${applicationOf(name)}.replicas`]: numberOf('N', replicas) })
}

export async function setEnabled({ values, words: [name] }: Invocation, session: Session, isEnabled: boolean): Promise<void> {
  await setSettings(session, values, { [`${applicationOf(name)}.enabled`]: isEnabled })
}

/** The dotted name of an application. */
const applicationOf = (name = ''): string => formatName(['applications', name])

function numberOf(argument: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw fail('SPY_ARGUMENT_UNKNOWN', [`${argument} is not a whole number: ${text}`])
}
