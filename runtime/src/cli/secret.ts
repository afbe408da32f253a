/** `spyglass secret`: values of configuration files that are encrypted. */
import { type AlgorithmName, algorithms, decryptValue, encryptValue, makeKey, readKey, secretKey } from '@spyglass/process/encrypted-value'
import { hashPassword } from '@spyglass/process/access'
import { fail } from '../errors.ts'
import { type Invocation, textOption, type Values } from './parse.ts'
import type { Session } from './session.ts'

type Run = (invocation: Invocation, session: Session) => Promise<void>

export const makeSecretKey: Run = async ({ words: [file = ''] }, session) => {
  makeKey(file)
  session.print([`made ${file}, mode 0600. Keep a copy in a safe place: what is encrypted with it cannot be read without it.`])
}

export const encryptSecret: Run = async ({ values }, session) => {
  const algorithm = algorithmOf(textOption(values, 'algorithm') ?? 'aes-256-gcm')
  const key = keyFor(values)
  session.print([encryptValue(await fromStandardInput(), key, algorithm)])
}

export const decryptSecret: Run = async ({ values }, session) => {
  const key = keyFor(values)
  session.print([decryptValue(await fromStandardInput(), key)])
}

export const hashSecretPassword: Run = async (_invocation, session) => {
  session.print([await hashPassword(await fromStandardInput())])
}

function keyFor(values: Values): Buffer {
  const file = textOption(values, 'key')
  return file === undefined ? secretKey('the value') : readKey(file)
}

function algorithmOf(name: string): AlgorithmName {
  if (Object.hasOwn(algorithms, name)) return name as AlgorithmName
  throw fail('SPY_ARGUMENT_UNKNOWN', [`--algorithm ${name} is none of ${Object.keys(algorithms).join(', ')}`])
}

/** Not an argument, which the history of a shell and `ps` would show. The line break that ends the input is not part of the value. */
async function fromStandardInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('spyglass: type the value, then Enter and Ctrl-D\n')
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
