/** `spyglass logs`: the end of the server log, read from the data folder, so that it also tells why a server does not run. */
import { locateData } from '@spyglass/process/checked-config'
import { fail } from '../errors.ts'
import { logLines } from '../log-reader/index.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

const DEFAULT_LINES = '50'

export async function logs({ values, words: [name] }: Invocation, session: Session): Promise<void> {
  const count = textOption(values, 'lines') ?? DEFAULT_LINES
  if (!/^\d{1,6}$/.test(count)) throw fail('SPY_ARGUMENT_UNKNOWN', [`--lines ${count} is not a number up to 999999`])
  const root = await locateData({ file: textOption(values, 'config'), data: textOption(values, 'data') })
  const until = values['follow'] === true ? { until: new AbortController().signal } : {}
  for await (const lines of logLines({ root, name, count: Number(count), ...until })) session.print(lines)
}
