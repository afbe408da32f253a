/** `spyglass logs`: the end of the server log and of what it was rotated to, read from the data folder, so that it also tells why a server does not run. */
import { locateData } from '@spyglass/process/checked-config'
import { fail } from '../errors.ts'
import { logLines, sinceOf } from '../log-reader/index.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

const DEFAULT_LINES = '50'
const ALL = 'Infinity'

export async function logs({ values, words: [name] }: Invocation, session: Session): Promise<void> {
  const from = textOption(values, 'since')
  const since = from === undefined ? undefined : sinceOf(from)
  if (from !== undefined && since === undefined)
    throw fail('SPY_ARGUMENT_UNKNOWN', [`--since ${from} is not a time such as 30m, 7d or 2026-11-26T14:05`])
  const count = textOption(values, 'lines') ?? (since === undefined ? DEFAULT_LINES : ALL)
  if (count !== ALL && !/^\d{1,6}$/.test(count)) throw fail('SPY_ARGUMENT_UNKNOWN', [`--lines ${count} is not a number up to 999999`])
  const root = await locateData({ file: textOption(values, 'config'), data: textOption(values, 'data') })
  const until = values['follow'] === true ? { until: new AbortController().signal } : {}
  for await (const lines of logLines({ root, name, count: Number(count), since, ...until })) session.print(lines)
}
