/** `spyglass rehearse RULE`: shows that pages and traps arrive, before it matters. */
import { invokeOperation } from './change.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

/** @throws SPY_REHEARSAL_INVALID, and what reaching the server throws */
export async function rehearse({ values, words: [rule = ''] }: Invocation, session: Session): Promise<void> {
  const seconds = textOption(values, 'seconds')
  const given = { rule, ...(seconds === undefined ? {} : { seconds: Number(seconds) }) }
  const id = String(await invokeOperation(session, values, { name: 'alerting.rehearse', arguments: given }))
  session.print([`Incident ${id} is a rehearsal. It clears after ${seconds ?? '60'} s; spyglass incident ${id} shows who was told.`])
}
