/** `<data>/secrets.yaml`: created at first start with random passwords, mode 0600; there are no default credentials. */
import { createHmac, randomInt } from 'node:crypto'
import { appendFileSync, chmodSync, existsSync, linkSync, lstatSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { parse, stringify, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { codeOf, messageOf } from '@spyglass/agent/contract'
import { flushFolder, readText, writeFlushed } from '../durable-file/index.ts'
import { isEncryptedValueError, secretKey, withDecrypted } from '../encrypted-value/index.ts'
import { fail } from './errors.ts'
import { snmpUserName } from '../settings/shapes.ts'
import { textOf } from './schema.ts'

const password = z.string().min(8)
/** The parser needs some hundred times as much memory. */
const MAX_BYTES = 1_048_576

export const Secrets = z.object({
  clickhouse: z.object({ reader: z.object({ user: z.string().min(1), password }) }),
  console: z.object({ user: z.string().min(1), password }),
  snmp: z.object({ user: textOf(snmpUserName), authPassword: password, privPassword: password }),
  /** Senders of telemetry whose events reach the alert rules: management, and agents that are given it (`Authorization: Bearer …`). */
  otlp: z.object({ token: z.string().min(32) }),
  /** Between our own processes, over loopback. */
  internal: z.object({ token: z.string().min(32) }),
})
export type Secrets = z.infer<typeof Secrets>

/**
 * Reads the secrets, or creates them if there is no file. A file that others may read gets mode 0600; a file of an older version gets what it
 * lacks appended; `remark` is called for both.
 * @throws SPY_SECRETS_INVALID
 */
export function ensureSecrets(file: string, remark: (text: string) => void = () => {}): Secrets {
  if (!existsSync(file) && !isLink(file)) writeSecrets(file)
  const secrets = readSecrets(file)
  closeToOthers(file, remark)
  addMissing(file, secrets, remark)
  return secrets
}

/** @throws SPY_SECRETS_MISSING, SPY_SECRETS_INVALID, SPY_SECRET_… */
export function readSecrets(file: string): Secrets {
  if (!existsSync(file) && isLink(file))
    throw fail('SPY_SECRETS_INVALID', [file, `it is a link to ${readlinkSync(file)}, which cannot be found`])
  if (!existsSync(file)) throw fail('SPY_SECRETS_MISSING', [file])
  try {
    const text = readText(file, MAX_BYTES)
    if (text.trim() === '') throw new SyntaxError('it is empty')
    return Secrets.parse(withMissing(withDecrypted(parse(text), secretKey, file)))
  } catch (error) {
    if (isEncryptedValueError(error)) throw error
    throw fail('SPY_SECRETS_INVALID', [file, reasonOf(file, error)], error)
  }
}

/**
 * A file of an older version has no token for senders. It is derived from the internal one, which it does not reveal, so that all processes
 * derive the same token whether or not it can be added to the file.
 */
function withMissing(parsed: unknown): unknown {
  const known = parsed as { otlp?: unknown; internal?: { token?: unknown } } | null
  if (typeof known !== 'object' || known === null || known.otlp !== undefined || typeof known.internal?.token !== 'string') return parsed
  return { ...known, otlp: { token: createHmac('sha256', known.internal.token).update('otlp.token').digest('base64url') } }
}

/** Existing content is not touched: it may contain comments, and others may read it. */
function addMissing(file: string, { otlp }: Secrets, remark: (text: string) => void): void {
  const text = readFileSync(file, 'utf8')
  if ((parse(text) as { otlp?: unknown }).otlp !== undefined) return
  const addition = `${text.endsWith('\n') ? '' : '\n'}${stringify({ otlp })}`
  try {
    Secrets.parse(parse(text + addition)) // a file in braces cannot be added to
    appendFileSync(file, addition)
    remark(`${file} was written by an older version: otlp.token was added`)
  } catch (error) {
    const reason = codeOf(error) ?? 'it is not block-style YAML'
    remark(`${file} was written by an older version and otlp.token cannot be added (${reason}): it is derived at each start`)
  }
}

/** Never shows values, which may be passwords: only what is wrong with which setting. */
function reasonOf(file: string, error: unknown): string {
  if (error instanceof z.ZodError) {
    const wrong = error.issues.filter(({ path }) => path.length > 0)
    return wrong.length > 0 ? wrong.map(mistakeOf).join('; ') : 'it is not a map of settings'
  }
  if (codeOf(error) === 'EISDIR') return 'it is a folder'
  if (codeOf(error) === 'SPY_STATE_SHAPE') return (error as Error).message
  if (codeOf(error) === 'EACCES') return `this user may not read it (mode ${modeOf(file)}, owner ${statSync(file).uid})`
  if (error instanceof YAMLParseError) return `it is not valid YAML (line ${error.linePos?.[0].line ?? '?'})` // its message quotes the line
  return error instanceof SyntaxError ? error.message : `it cannot be read (${codeOf(error) ?? 'not YAML'})`
}

const mistakeOf = ({ path, message }: z.core.$ZodIssue): string =>
  `${path.join('.')}: ${message.endsWith('received undefined') ? 'missing' : message}`

function closeToOthers(file: string, remark: (text: string) => void): void {
  const mode = modeOf(file)
  if (mode.endsWith('00')) return
  const what = `${file} was readable by other users of this machine (mode ${mode})`
  try {
    chmodSync(file, 0o600)
    remark(`${what}; its mode is now 0600. Change its passwords if other people use this machine.`)
  } catch (error) {
    remark(`${what} and its mode cannot be changed (${codeOf(error) ?? String(error)}). Set it to 0600.`)
  }
}

const isLink = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8).padStart(4, '0')

/**
 * Written to a temporary file and linked to its name: an interrupted start leaves no partial file, and if two processes create it at the same
 * moment, the first one wins.
 */
function writeSecrets(file: string): void {
  const secrets: Secrets = {
    clickhouse: { reader: { user: 'spyglass_ro', password: newPassword() } },
    console: { user: 'admin', password: newPassword() },
    snmp: { user: 'spyglass', authPassword: newPassword(), privPassword: newPassword() },
    otlp: { token: newPassword(43) },
    internal: { token: newPassword(43) },
  }
  const aside = `${file}.${process.pid}`
  try {
    writeFlushed(aside, `# Created by Spyglass on first start. Keep this file private.\n${stringify(secrets)}`)
    linkSync(aside, file)
    flushFolder(dirname(file)) // seen: an empty file after the disk failed a minute later
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw fail('SPY_DATA_UNWRITABLE', [dirname(file), messageOf(error)], error)
  } finally {
    rmSync(aside, { force: true })
  }
}

const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789'

/** Letters and digits that are not easily confused, safe in a shell: 24 of them are 139 bits. */
function newPassword(length = 24): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}
