import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { startMailServer } from '../../support/mail-server.ts'
import { startSilentServer } from '../../support/silent-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { until } from '../../support/until.ts'
import { openOutgoing } from '../outgoing/fixture.ts'

const order = { to: 'ann@example.org', subject: 'Your order', text: 'It is on its way.' }
const urlOf = (port: number, user = ''): string => `smtp://${user}127.0.0.1:${port}`

test('a mail is sent over a connection that is kept, with the sender of the configuration, and is counted', async () => {
  const { mails, port } = await startMailServer()
  const { face, read } = await openOutgoing('mailServers', { url: urlOf(port), from: 'Shop <shop@example.org>' })
  const sent = await face.sendMail(order)
  await face.sendMail({ ...order, from: 'boss@example.org', subject: 'x\r\nBcc: eve@evil.example' })
  expect(sent).toMatchObject({ accepted: ['ann@example.org'], rejected: [], messageId: expect.stringContaining('@') })
  expect(mails.map(({ from, to }) => [from, to])).toEqual([
    ['shop@example.org', ['ann@example.org']],
    ['boss@example.org', ['ann@example.org']],
  ])
  expect(['target', 'calls', 'failures', 'state', 'running', 'refused'].map(read)).toEqual([`127.0.0.1:${port}`, 2, 0, 'ok', 0, 0])
})

test('the password is read for each mail, and shown nowhere; a wrong one is an error without it', async () => {
  const { mails, port } = await startMailServer()
  const file = join(tempFolder(), 'password')
  writeFileSync(file, 'wrong-secret\n')
  const { face, read, log, registry } = await openOutgoing('mailServers', {
    url: urlOf(port, 'shop@'),
    from: 'shop@example.org',
    passwordFrom: `file:${file}`,
  })
  const refused: unknown = await face.sendMail(order).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'SPY_MAIL_FAILED', statusCode: 503 })
  expect([read('state'), JSON.stringify([String(refused), log, registry.snapshot()]).includes('wrong-secret')]).toEqual(['down', false])
  writeFileSync(file, 'hush\n')
  await face.sendMail(order)
  expect([mails.map(({ user }) => user), read('state')]).toEqual([['shop'], 'ok'])
})

test('an operator tries a mail server without sending anything', async () => {
  const { mails, port } = await startMailServer()
  const { resources } = await openOutgoing('mailServers', { url: urlOf(port) })
  const operate = (operation: string) => resources.carryOut('mailServers', 'main', { operation, given: {} })
  await operate('verify')
  expect(mails).toEqual([])
  expect(() => operate('other')).toThrow(expect.objectContaining({ code: 'SPY_MAIL_OPERATION' }))
})

test('files and addresses are not read for attachments', async () => {
  const { mails, port } = await startMailServer()
  const { face, read } = await openOutgoing('mailServers', { url: urlOf(port), from: 'shop@example.org' })
  await expect(face.sendMail({ ...order, attachments: [{ path: '/etc/passwd' }] })).rejects.toMatchObject({ code: 'SPY_MAIL_FAILED' })
  await expect(face.sendMail({ ...order, html: { path: 'http://127.0.0.1/' } })).rejects.toMatchObject({ code: 'SPY_MAIL_FAILED' })
  expect([mails, read('failures')]).toEqual([[], 2])
})

test('a server that is not there, or accepts and never answers, is an error in time', async () => {
  const nobody = await openOutgoing('mailServers', { url: urlOf(await freePort()) })
  await expect(nobody.face.sendMail(order)).rejects.toMatchObject({ code: 'SPY_MAIL_FAILED' })
  const silent = await openOutgoing('mailServers', { url: urlOf(await startSilentServer()), timeoutMs: 50, max: 1 })
  const errors = await Promise.all(
    [1, 2].map(() =>
      silent.face.sendMail(order).then(
        () => 'sent',
        (error: Error) => error.message,
      ),
    ),
  )
  expect(errors.toSorted()).toEqual([
    expect.stringMatching(/did not take the mail within 50 ms .*; (it was not sent|nobody knows)/),
    expect.stringMatching(/did not take the mail within 50 ms .*; nobody knows/),
  ])
  expect(['state', 'timeouts', 'running'].map(silent.read)).toEqual(['down', 2, 0])
})

test('a mail that is late is given up: its connection to a server that answers in drops is closed, and those behind it are not sent later', async () => {
  const open = new Set<Socket>()
  let asked = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
    socket.write('220 slow\r\n')
    socket.on('data', (line) => {
      if (line.toString().startsWith('EHLO')) {
        socket.write('250 slow\r\n')
        return
      }
      asked++
      const drops = setInterval(() => socket.write('250-wait\r\n'), 10)
      socket.on('close', () => clearInterval(drops))
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { face } = await openOutgoing('mailServers', { url: urlOf(port), from: 'shop@example.org', timeoutMs: 300, max: 1 })
  const sent = [1, 2, 3].map(() => face.sendMail(order).catch((error: { code?: string }) => error.code))
  expect(await Promise.all(sent)).toEqual(['SPY_MAIL_TIMEOUT', 'SPY_MAIL_TIMEOUT', 'SPY_MAIL_TIMEOUT'])
  await until(() => open.size === 0)
  expect(asked).toBe(1)
})

test('a mail server whose settings are wrong is an error for who sends, and can be set right', async () => {
  const { mails, port } = await startMailServer()
  const { face, configure } = await openOutgoing('mailServers', { url: urlOf(port, '%zz@'), from: 'shop@example.org' })
  await expect(face.sendMail(order)).rejects.toMatchObject({ code: 'SPY_MAIL_FAILED' })
  configure({ url: urlOf(port) })
  await face.sendMail(order)
  expect(mails).toHaveLength(1)
})

test('too many that wait are refused at once', async () => {
  const port = await startSilentServer()
  const { face, read } = await openOutgoing('mailServers', { url: urlOf(port), timeoutMs: 500, max: 1, maxWaiting: 1 })
  const [first, second] = [1, 2].map(() => face.sendMail(order).catch((error: { code?: string }) => error.code))
  await until(() => read('waiting') === 1)
  await expect(face.sendMail(order)).rejects.toMatchObject({ code: 'SPY_MAIL_BUSY', statusCode: 503 })
  expect(await Promise.all([first, second])).toEqual(['SPY_MAIL_TIMEOUT', 'SPY_MAIL_TIMEOUT'])
  expect([read('refused'), read('calls')]).toEqual([1, 2])
})

test('another server counts for the next mail; those that wait are sent by the one before, and the end waits for them', async () => {
  const [slow, next] = [
    await startMailServer({ onMailFrom: (_address, _session, done) => void setTimeout(done, 50) }),
    await startMailServer(),
  ]
  const { face, configure, resources } = await openOutgoing('mailServers', { url: urlOf(slow.port), from: 'shop@example.org', max: 1 })
  const before = [face.sendMail(order), face.sendMail(order)]
  configure({ url: urlOf(next.port) })
  await face.sendMail(order)
  const last = face.sendMail(order)
  await resources.close(10_000)
  await Promise.all([...before, last])
  expect([slow.mails.length, next.mails.length]).toEqual([2, 2])
  await expect(face.sendMail(order)).rejects.toMatchObject({ code: 'SPY_MAIL_CLOSED' })
})
