/** `<data>/secrets.yaml`: made at the first start with random passwords, mode 0600; there is no default credential anywhere. */
import { randomInt } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { codeOf } from '@spyglass/agent/contract'
import { fail } from './errors.ts'
import { snmpUserName } from './snmp-user-name.ts'

const password = z.string().min(8)

export const Secrets = z.object({
  clickhouse: z.object({ reader: z.object({ user: z.string().min(1), password }) }),
  console: z.object({ user: z.string().min(1), password }),
  snmp: z.object({ user: snmpUserName, authPassword: password, privPassword: password }),
  /** Between our own processes, over loopback. */
  internal: z.object({ token: z.string().min(32) }),
})
export type Secrets = z.infer<typeof Secrets>

/**
 * Reads the secrets, or makes them if there is no file.
 * @throws SPY_SECRETS_INVALID
 */
export function ensureSecrets(file: string): Secrets {
  if (!existsSync(file)) writeSecrets(file)
  return readSecrets(file)
}

/** @throws SPY_SECRETS_MISSING, SPY_SECRETS_INVALID */
export function readSecrets(file: string): Secrets {
  if (!existsSync(file)) throw fail('SPY_SECRETS_MISSING', [file])
  try {
    return Secrets.parse(parse(readFileSync(file, 'utf8')))
  } catch (error) {
    const message = error instanceof z.ZodError ? error.issues.map(({ path }) => path.join('.')).join(', ') : 'it cannot be read as YAML'
    throw fail('SPY_SECRETS_INVALID', [file, message], error)
  }
}

/**
 * Written aside and linked to its name: a start that was broken off leaves no half file, and of two processes that make it at the same
 * moment the first one's stands.
 */
function writeSecrets(file: string): void {
  const secrets: Secrets = {
    clickhouse: { reader: { user: 'spyglass_ro', password: newPassword() } },
    console: { user: 'admin', password: newPassword() },
    snmp: { user: 'spyglass', authPassword: newPassword(), privPassword: newPassword() },
    internal: { token: newPassword(43) },
  }
  const aside = `${file}.${process.pid}`
  writeFileSync(aside, `# Made by Spyglass at its first start. Keep it private.\n${stringify(secrets)}`, { mode: 0o600 })
  try {
    linkSync(aside, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(aside)
  }
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'

/** Letters and digits that are not mistaken for one another, safe in a shell: 24 of them are 139 bits. */
function newPassword(length = 24): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
