/** `spyglass user` and `spyglass token`. */
import { ownUser } from '@spyglass/process/admin-socket'
import { invokeOperation, printResult } from './change.ts'
import { durationOption } from './duration.ts'
import { type Invocation, textOption } from './parse.ts'
import type { Session } from './session.ts'

type Run = (invocation: Invocation, session: Session) => Promise<void>

const DEFAULT_ROLE = 'viewer'

export const createUser: Run = ({ values, words: [name] }, session) =>
  call('createUser', { name, role: textOption(values, 'role') ?? DEFAULT_ROLE }, { values }, session)

export const setPassword: Run = ({ values, words: [name] }, session) => call('setPassword', { name }, { values }, session)

export const deleteUser: Run = ({ values, words: [name] }, session) => call('deleteUser', { name }, { values }, session)

export const listUsers: Run = ({ values }, session) => call('users', {}, { values }, session)

export const createToken: Run = ({ values: { for: time, ...values }, words: [name = ownUser()] }, session) => {
  const valid = typeof time === 'string' ? { seconds: Math.ceil(durationOption(time, 'for') / 1000) } : {}
  return call('createToken', { name, role: textOption(values, 'role') ?? DEFAULT_ROLE, ...valid }, { values }, session)
}

export const revokeToken: Run = ({ values, words: [id] }, session) => call('revokeToken', { id }, { values }, session)

export const listTokens: Run = ({ values }, session) => call('tokens', {}, { values }, session)

async function call(
  operation: string,
  given: Readonly<Record<string, unknown>>,
  { values }: Pick<Invocation, 'values'>,
  session: Session,
): Promise<void> {
  printResult(session, values, await invokeOperation(session, values, { name: `server.${operation}`, arguments: given }))
}
