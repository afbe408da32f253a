/** Sign-on against a real directory: Debian's slapd. */
import { once } from 'node:events'
import net from 'node:net'
import { checkedSettings } from '@spyglass/process/config'
import { Client } from 'ldapts'
import { expect, onTestFinished, test, type TestContext } from 'vitest'
import { LdapSource } from '../../../../../runtime/src/realm/source/ldap/ldap-source.ts'
import { makeCertificate } from '../../../../support/certificates.ts'
import { type Directory, type DirectoryUser, READER, startSlapd } from '../../../../support/slapd.ts'
import { tempFolder } from '../../../../support/temp-folder.ts'

const WEIRD = String.raw`we(ir)d*\2a`
const users: readonly DirectoryUser[] = [
  ['ann', 'right', 'clerks', 'staff'],
  ['root', 'toor', 'administrators'],
  [WEIRD, 'odd'],
  ['é中', 'wide', 'staff'],
]

function opened({ port }: Pick<Directory, 'port'>, given: Readonly<Record<string, unknown>> = {}): LdapSource {
  const ldap = {
    url: `ldap://127.0.0.1:${port}`,
    startTls: false,
    bindDn: READER.dn,
    bindPassword: READER.password,
    base: 'ou=people,dc=example,dc=com',
    groupBase: 'ou=groups,dc=example,dc=com',
    timeoutMs: 5000,
    ...given,
  }
  const settings = { sessions: [{ name: 'visitors' }], realms: [{ name: 'staff', type: 'ldap', sessions: 'visitors', ldap }] }
  const source = new LdapSource(checkedSettings(settings, { origin: 'test', from: '/' }).realms[0]!.ldap)
  onTestFinished(() => source.close())
  return source
}

const started = (context: TestContext): Promise<Directory> => startSlapd(context, users)

/** The name of the person, or why it cannot be known. */
const outcome = (source: LdapSource, user: string, password: string): Promise<string | undefined> =>
  source.verify(user, password).then((person) => person?.name, String)

test('the password of the entry is right, every other one is wrong, and groups are roles', async (context) => {
  const source = opened(await started(context))
  expect(await source.verify('ann', 'right')).toEqual({ name: 'ann', roles: ['clerks', 'staff'] })
  expect(await source.verify('ANN', 'right')).toEqual({ name: 'ann', roles: ['clerks', 'staff'] })
  expect(await outcome(source, 'ann', 'wrong')).toBeUndefined()
  expect(await outcome(source, 'bob', 'right')).toBeUndefined()
  expect(await outcome(source, '', 'right')).toBeUndefined()
  expect(await source.find('root')).toEqual({ name: 'root', roles: ['administrators'] })
  expect([await source.find('bob'), await source.find('')]).toEqual([undefined, undefined])
  expect(await source.verify('é中', 'wide')).toEqual({ name: 'é中', roles: ['staff'] })
})

test('a bind without a password proves nothing, even where the directory accepts it', async (context) => {
  const directory = await started(context)
  const client = new Client({ url: `ldap://127.0.0.1:${directory.port}` })
  await client.bind('cn=Person 0,ou=people,dc=example,dc=com', '')
  await client.unbind()
  expect(await outcome(opened(directory), 'ann', '')).toBeUndefined()
})

test('no name stands for more than itself, and one with all that is special is found', async (context) => {
  const source = opened(await started(context))
  for (const user of ['*', 'a*', 'ann)(uid=*', 'ann)(|(uid=*', '*)(uid=ann', String.raw`\2a`, String.raw`an\6e`, 'ann\0', ')', '(', '\\']) {
    expect([user, await outcome(source, user, 'right'), await source.find(user)]).toEqual([user, undefined, undefined])
  }
  expect(await source.verify(WEIRD, 'odd')).toEqual({ name: WEIRD, roles: [] })
  expect(await outcome(source, WEIRD, 'right')).toBeUndefined()
})

test('groups give the roles of the configuration, and a filter that fits several entries fits nobody', async (context) => {
  const directory = await started(context)
  const mapped = opened(directory, { roles: { staff: 'clerk', administrators: 'administrator' } })
  expect((await mapped.verify('ann', 'right'))?.roles).toEqual(['clerk'])
  const byMail = opened(directory, { userFilter: '(|(uid={user})(mail={user}))' })
  expect(await outcome(byMail, 'person0@example.com', 'right')).toBe('ann')
  expect(await outcome(opened(directory, { userFilter: '(|(uid={user})(cn=Person*))' }), 'ann', 'right')).toContain('more than one entry')
  expect(await outcome(opened(directory, { nameAttribute: 'givenName' }), 'ann', 'right')).toContain('no attribute givenName')
  expect(await outcome(opened(directory, { bindPassword: 'wrong' }), 'ann', 'right')).toContain('Code: 0x31')
})

test('with TLS the directory has to be one that the authority knows', async (context) => {
  const directory = await started(context)
  const { ca, tlsPort, port } = directory
  const { certificate: other } = makeCertificate(context, tempFolder(), ['localhost'])
  const ways = [{ url: `ldap://localhost:${port}`, startTls: true }, { url: `ldaps://localhost:${tlsPort}` }]
  for (const way of ways) {
    expect(await outcome(opened(directory, { ...way, ca }), 'ann', 'right')).toBe('ann')
    expect(await outcome(opened(directory, { ...way, ca: other }), 'ann', 'right')).toMatch(/certificate/)
    expect(await outcome(opened(directory, way), 'ann', 'right')).toMatch(/certificate/)
    const strange = { ...way, ca, url: way.url.replace('localhost', '127.0.0.1') }
    expect(await outcome(opened(directory, strange), 'ann', 'right')).toMatch(/does not match/)
  }
})

test('its connections are few, and each question finds them as nobody else’s', async (context) => {
  const directory = await started(context)
  const source = opened(directory, { connections: 2, timeoutMs: 20_000 })
  const asked = Array.from({ length: 12 }, (_, i) => outcome(source, i % 2 ? 'ann' : 'root', i % 3 ? 'right' : 'toor'))
  const expected = Array.from({ length: 12 }, (_, i) => ((i % 3 !== 0) === (i % 2 !== 0) ? (i % 2 ? 'ann' : 'root') : undefined))
  expect(await Promise.all(asked)).toEqual(expected)
  const readers = directory.process.log().matchAll(/conn=(\d+) op=\d+ BIND dn="cn=reader/g)
  expect(new Set([...readers].map(([, connection]) => connection)).size).toBe(2)
})

test('a directory that hangs is waited for no longer than the setting says, and one that is back is asked again', async (context) => {
  const directory = await started(context)
  const source = opened(directory, { timeoutMs: 1000 })
  await expect.poll(() => outcome(source, 'ann', 'right'), { timeout: 20_000 }).toBe('ann')
  directory.process.child.kill('SIGSTOP')
  expect(await outcome(source, 'ann', 'right')).toContain('did not answer within 1000 ms')
  directory.process.child.kill('SIGCONT')
  await expect.poll(() => outcome(source, 'ann', 'right'), { timeout: 20_000 }).toBe('ann')
  await directory.process.kill('SIGKILL')
  expect(await outcome(source, 'ann', 'right')).toMatch(/ECONNREFUSED|cut off|closed/)
  await directory.restart()
  await expect.poll(() => outcome(source, 'ann', 'right'), { timeout: 20_000 }).toBe('ann')
})

/** Extended response with the code 0 to a request, whose id is its fifth byte (RFC 4511 section 4.12). */
const startedTls = (request: Buffer): Buffer => Buffer.from([0x30, 12, 2, 1, request[4]!, 0x78, 7, 10, 1, 0, 4, 0, 4, 0])

test.each(['ends', 'hangs'] as const)('one that %s after StartTLS gets no password in the clear', async (then) => {
  const received: Buffer[] = []
  let connections = 0
  const server = net.createServer((socket) => {
    connections++
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes)
      if (received.length === 1) socket.write(startedTls(bytes))
      else if (then === 'ends') socket.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const source = opened({ port: (server.address() as net.AddressInfo).port }, { startTls: true, timeoutMs: 1000 })
  expect(await outcome(source, 'ann', 'right')).toMatch(/Error/)
  expect([connections, received.length]).toEqual([1, 2])
  expect(Buffer.concat(received).includes(READER.password)).toBe(false)
  server.close()
})

const ber = (tag: number, ...parts: readonly (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  return Buffer.concat([Buffer.from([tag, body.length]), body])
}
const result = (tag: number, code: number): Buffer => ber(tag, Buffer.from([10, 1, code, 4, 0, 4, 0]))
const ENTRY = ber(0x64, ber(4, 'uid=ann,dc=x'), ber(0x30, ber(0x30, ber(4, 'uid'), ber(0x31, ber(4, 'ann')))))

/** A directory in which everybody who is looked for is Ann. `bindAnn` says how her bind ends. */
async function scripted(bindAnn: () => number, isSilent: (socket: net.Socket) => boolean = () => false) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      if (isSilent(socket)) return
      const at = bytes[1]! < 0x80 ? 2 : 2 + (bytes[1]! & 0x7f)
      const [id, operation] = [bytes.subarray(at, at + 3), bytes[at + 3]]
      const say = (...operations: readonly Buffer[]) => socket.write(Buffer.concat(operations.map((each) => ber(0x30, id, each))))
      if (operation === 0x63) say(...(bytes.includes('member') ? [] : [ENTRY]), result(0x65, 0))
      else say(result(0x61, bytes.includes('uid=ann') ? bindAnn() : 0))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { port: (server.address() as net.AddressInfo).port, server }
}

test('an entry that is locked, may not sign in or has no password is refused as a wrong password is', async () => {
  let code = 0
  const source = opened(await scripted(() => code), { timeoutMs: 2000 })
  const outcomes: (string | undefined)[] = []
  for (code of [0, 19, 32, 48, 49, 53]) outcomes.push(await outcome(source, 'ann', 'right'))
  expect(outcomes).toEqual(['ann', undefined, undefined, undefined, undefined, undefined])
  code = 52 // unavailable
  expect(await outcome(source, 'ann', 'right')).toContain('0x34')
})

test('of idle connections that have been forgotten on the way only one is waited for', async () => {
  const forgotten = new Set<net.Socket>()
  let isForgetful = false
  const { port, server } = await scripted(
    () => 0,
    (socket) => isForgetful && forgotten.has(socket),
  )
  server.on('connection', (socket) => forgotten.size < 3 && forgotten.add(socket))
  const source = opened({ port }, { timeoutMs: 300, connections: 3 })
  await Promise.all(Array.from({ length: 3 }, () => outcome(source, 'ann', 'right')))
  expect(forgotten.size).toBe(3)
  isForgetful = true
  expect(await outcome(source, 'ann', 'right')).toContain('did not answer within 300 ms')
  expect(await outcome(source, 'ann', 'right')).toBe('ann')
})
