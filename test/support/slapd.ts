import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { makeCertificate } from './certificates.ts'
import { freePort } from './free-port.ts'
import { requireTool } from './require-tool.ts'
import { type Account, serverFolder, type StartedServer, startServerProcess, unprivileged } from './server-process.ts'
import { until } from './until.ts'

/** A directory with `dc=example,dc=com`: the account `cn=reader`, people below `ou=people`, groups below `ou=groups`. */
export interface Directory {
  readonly port: number
  readonly tlsPort: number
  /** Its certificate, which is its own authority; for `localhost`. */
  readonly ca: string
  readonly process: StartedServer
  /** Starts it again, where it was. */
  restart(): Promise<void>
}

export const READER = { dn: 'cn=reader,dc=example,dc=com', password: 'reads' }

/** Name, password and groups. */
export type DirectoryUser = readonly [uid: string, password: string, ...groups: readonly string[]]

/** An OpenLDAP of its own on free ports of the loopback address; it ends with the test. Skips the test where it is not installed. */
export async function startSlapd(context: TestContext, users: readonly DirectoryUser[]): Promise<Directory> {
  const slapd = requireTool(context, 'slapd')
  const account = unprivileged('openldap')
  const folder = serverFolder('slapd', account)
  const { certificate, key } = makeCertificate(context, folder, ['localhost'])
  mkdirSync(join(folder, 'db'))
  const conf = join(folder, 'slapd.conf')
  writeFileSync(conf, configurationOf(folder, certificate, key))
  for (const path of [certificate, key, conf, join(folder, 'db')]) owned(path, account)
  const entries = join(folder, 'entries.ldif')
  writeFileSync(entries, ldifOf(users))
  owned(entries, account)
  execFileSync(slapd, ['-T', 'add', '-f', conf, '-l', entries], { ...account, stdio: 'pipe' })
  const [port, tlsPort] = [await freePort(), await freePort()]
  const start = async (): Promise<StartedServer> => {
    const started = await startServerProcess(
      slapd,
      ['-d', '256', '-f', conf, '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${tlsPort}`],
      {
        account,
        folder,
        ready: 'slapd starting', // and a moment later it listens
      },
    )
    await until(async () => (await accepts(port)) && (await accepts(tlsPort)))
    return started
  }
  const directory = { port, tlsPort, ca: certificate, process: await start(), restart }
  async function restart(): Promise<void> {
    directory.process = await start()
  }
  context.onTestFinished(() => directory.process.stop('SIGKILL'))
  return directory
}

async function accepts(port: number): Promise<boolean> {
  const socket = net.connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

function owned(path: string, { uid, gid }: Account): void {
  chmodSync(path, path.endsWith('db') ? 0o700 : 0o600)
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid)
}

const configurationOf = (folder: string, certificate: string, key: string): string => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
argsfile ${folder}/slapd.args
TLSCACertificateFile ${certificate}
TLSCertificateFile ${certificate}
TLSCertificateKeyFile ${key}
allow bind_anon_dn bind_anon_cred
database mdb
suffix "dc=example,dc=com"
directory ${folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${READER.dn}" read by anonymous auth by * none
`

/** Its passwords are in the clear: the directory compares them so as well. */
function ldifOf(users: readonly DirectoryUser[]): string {
  const groups = [...new Set(users.flatMap(([, , ...of]) => of))]
  return [
    'dn: dc=example,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example',
    `dn: ${READER.dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: ${READER.password}`,
    'dn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\nou: people',
    'dn: ou=groups,dc=example,dc=com\nobjectClass: organizationalUnit\nou: groups',
    ...users.map(
      ([uid, password], at) =>
        `dn: cn=Person ${at},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid:: ${base64(uid)}\ncn: Person ${at}\nsn: Person\nmail: person${at}@example.com\nuserPassword:: ${base64(password)}`,
    ),
    ...groups.map((group) => {
      const members = users.flatMap(([, , ...of], at) =>
        of.includes(group) ? [`member: cn=Person ${at},ou=people,dc=example,dc=com`] : [],
      )
      return `dn: cn=${group},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: ${group}\n${members.join('\n')}`
    }),
  ].join('\n\n')
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')
