/** What can be followed over management's local socket: the operations whose result is a list that grows, which are the logs. */
import { errorsOf } from '@spyglass/agent/contract'
import type { AdminMethod } from '@spyglass/process/admin-socket'
import { type DataFolder, instanceGroups, instanceNames, readChecked } from '@spyglass/process/checked-config'
import { administrationErrors } from '../administration/errors.ts'
import { logLines, sinceOf } from '../log-reader/index.ts'

const fail = errorsOf(administrationErrors)

const DEFAULT_LINES = 50
const MAX_LINES = 1000
/** So that a client that is gone without a word, or a proxy that waits, is noticed. */
const QUIET_MS = 15_000

/** `{operation, keys, arguments, once}` → lists of lines: the last ones, then those that come, unless `once`. */
export function followMethod(folder: Pick<DataFolder, 'root' | 'run'>): Readonly<Record<string, AdminMethod>> {
  return {
    follow({ operation, keys = {}, arguments: given = {}, once = false }, { gone }) {
      const name = whoseLog(String(operation), keys as Keys, folder)
      const count = countOf(given as Arguments)
      const since = timeOf(given as Arguments)
      return logLines({ root: folder.root, name, count, since, quietMs: QUIET_MS, ...(once === true ? {} : { until: gone }) })
    },
  }
}

type Keys = Readonly<Record<string, string>>
type Arguments = Readonly<Record<string, unknown>>

/** @throws SPY_ADMIN_NAME_UNKNOWN, SPY_ADMIN_NO_OPERATION */
function whoseLog(operation: string, { name = '' }: Keys, { run }: Pick<DataFolder, 'run'>): string | undefined {
  if (operation === 'server.logs') return undefined
  const config = readChecked(run)
  const known: Readonly<Record<string, readonly string[] | undefined>> = {
    'application.logs': config?.applications.map((application) => application.name),
    'instance.logs': config && instanceGroups(config).flatMap(instanceNames),
  }
  const names = Object.hasOwn(known, operation) ? (known[operation] ?? []) : undefined
  if (!names) throw fail('SPY_ADMIN_NO_OPERATION', ['this server', operation, Object.keys(known).join(', ')])
  if (!names.includes(name)) throw fail('SPY_ADMIN_NAME_UNKNOWN', [name])
  return name
}

/** @throws SPY_ADMIN_ARGUMENT */
function countOf({ since, lines = since === undefined ? DEFAULT_LINES : MAX_LINES }: Arguments): number {
  const count = Number(lines)
  if (!Number.isInteger(count) || count < 0 || count > MAX_LINES)
    throw fail('SPY_ADMIN_ARGUMENT', ['logs', `lines is not a whole number from 0 to ${MAX_LINES}`])
  return count
}

/** @throws SPY_ADMIN_ARGUMENT */
function timeOf({ since }: Arguments): number | undefined {
  if (since === undefined || since === '') return undefined
  const time = typeof since === 'string' ? sinceOf(since) : undefined
  if (time === undefined) throw fail('SPY_ADMIN_ARGUMENT', ['logs', 'since is not a time such as 30m, 7d or 2026-11-26T14:05'])
  return time
}
