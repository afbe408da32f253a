/**
 * `--check HOST…`: queries SNMP agents as a manager does, for their system group and our tables. It uses the npm package net-snmp, so
 * that our own code does not check itself.
 */
import { messageOf } from '@spyglass/agent/contract'
import type { SpyglassConfig, Secrets } from '@spyglass/process/config'
import snmp from 'net-snmp'
import { formatOid, parseOid } from '../ber/oid.ts'
import { fail } from '../errors.ts'
import { objectOid } from '../mib/layout.ts'
import { mibTables } from '../mib/tables.ts'

export interface CheckOptions {
  readonly config: SpyglassConfig
  readonly secrets: Secrets
  /** Default 2000. */
  readonly timeoutMs?: number
}

export interface CheckReport {
  readonly target: string
  readonly version: 'v2c' | 'v3'
  readonly system: string
  readonly upTimeSeconds: number
  /** Rows of each of our tables that has any. */
  readonly rows: Readonly<Record<string, number>>
}

const SYS_DESCR = '1.3.6.1.2.1.1.1.0'
const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0'
const MAX_REPETITIONS = 25

/**
 * Asks `HOST` or `HOST:PORT`; the port is the configured one by default.
 * @throws SPY_SNMP_CHECK
 */
export async function checkAgent(target: string, options: CheckOptions): Promise<CheckReport> {
  const { config } = options
  const { host, port } = splitTarget(target, config.snmp.port)
  const session = openSession(host, port, options)
  try {
    const [description, upTime] = await get(session, [SYS_DESCR, SYS_UP_TIME])
    const rows: Record<string, number> = {}
    for (const { number, prefix, columns } of mibTables()) {
      const first = columns[0]!
      const column = formatOid([...objectOid(parseOid(config.snmp.root), number), 1, first.number])
      const count = await countUnder(session, column)
      if (count > 0) rows[`${prefix}Table`] = count
    }
    const version = config.snmp.community === undefined ? 'v3' : 'v2c'
    return { target, version, system: String(description), upTimeSeconds: Number(upTime) / 100, rows }
  } catch (error) {
    throw fail('SPY_SNMP_CHECK', [target, messageOf(error)], error)
  } finally {
    session.close()
  }
}

/** The report as readable lines. */
export function reportText({ target, version, system, upTimeSeconds, rows }: CheckReport): string {
  const tables = Object.entries(rows).map(([table, count]) => `  ${table}: ${count} ${count === 1 ? 'row' : 'rows'}`)
  return [
    `${target} (${version}): ${system}`,
    `  up for ${upTimeSeconds} s`,
    ...(tables.length > 0 ? tables : ['  no rows in our tables']),
  ].join('\n')
}

function splitTarget(target: string, defaultPort: number): { host: string; port: number } {
  const match = /^(.*):(\d{1,5})$/.exec(target)
  return match && !match[1]!.includes(':') ? { host: match[1]!, port: Number(match[2]) } : { host: target, port: defaultPort }
}

function openSession(host: string, port: number, { config, secrets, timeoutMs = 2000 }: CheckOptions): snmp.Session {
  const common = { port, timeout: timeoutMs, retries: 1 }
  if (config.snmp.community !== undefined) return snmp.createSession(host, config.snmp.community, { ...common, version: snmp.Version2c })
  const { user, authPassword, privPassword } = secrets.snmp
  return snmp.createV3Session(
    host,
    {
      name: user,
      level: snmp.SecurityLevel.authPriv,
      authProtocol: snmp.AuthProtocols.sha256,
      authKey: authPassword,
      privProtocol: snmp.PrivProtocols.aes,
      privKey: privPassword,
    },
    { ...common, version: snmp.Version3 },
  )
}

function get(session: snmp.Session, oids: string[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    session.get(oids, (error, varbinds) => {
      if (error) reject(error)
      else resolve(varbinds.map(({ value }) => value))
    })
  })
}

function countUnder(session: snmp.Session, oid: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0
    session.subtree(
      oid,
      MAX_REPETITIONS,
      (varbinds) => {
        count += varbinds.length
      },
      (error) => {
        if (error) reject(error)
        else resolve(count)
      },
    )
  })
}
