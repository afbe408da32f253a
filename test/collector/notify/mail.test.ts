import { expect, test } from 'vitest'
import { deliver } from '../../../collector/src/notify/deliver.ts'
import { makeCertificate, readCertificate } from '../../support/certificates.ts'
import { startMailServer } from '../../support/mail-server.ts'
import { tempFolder } from '../../support/temp-folder.ts'
import { pageFor } from './pages.ts'
import { receiverConfig } from './receiver.ts'

const mail = (url: string, over: Parameters<typeof receiverConfig>[0] = {}) =>
  receiverConfig({ type: 'mail', url, from: 'Spyglass <spyglass@shop.example>', to: ['anna@shop.example', 'ben@shop.example'], ...over })

test('a page is a mail to all recipients; those of one incident are a thread', async () => {
  const { mails, port } = await startMailServer()
  const receiver = mail(`smtp://127.0.0.1:${port}`)
  await deliver(receiver, { page: pageFor({ summary: 'Pool 连接 is exhausted\r\nBcc: eve@evil.example\r\n.\r\nQUIT' }), sequence: 1 })
  await deliver(receiver, { page: pageFor({ status: 'resolved' }), sequence: 2 })
  expect(mails.map(({ from, to }) => [from, to])).toEqual(
    [1, 2].map(() => ['spyglass@shop.example', ['anna@shop.example', 'ben@shop.example']]),
  )
  for (const { text } of mails) expect(text).toContain('References: <00112233aabbccdd@spyglass>')
  const [head = ''] = mails[0]!.text.split('\r\n\r\n')
  expect(head).toContain('Subject: Firing: PoolExhausted (critical) on spyglass')
  expect(head).not.toContain('Bcc')
})

test('over TLS with a login; a certificate that nobody vouches for and a wrong password are told, without either', async (context) => {
  const files = makeCertificate(context, tempFolder(), ['localhost'])
  const { mails, port } = await startMailServer({ secure: true, ...readCertificate(files) })
  const over = { user: 'spyglass', password: 'hush', authorities: files.certificate }
  const receiver = mail(`smtps://localhost:${port}`, over)
  await deliver(receiver, { page: pageFor(), sequence: 1 })
  expect(mails).toMatchObject([{ user: 'spyglass', isSecure: true }])
  const { authorities: _, ...untrusting } = receiver
  for (const wrong of [untrusting, { ...receiver, password: 'wrong-hush' }]) {
    const error: unknown = await deliver(wrong, { page: pageFor(), sequence: 1 }).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'SPY_PAGE_UNDELIVERED' })
    expect(String(error)).not.toMatch(/hush|localhost/)
  }
  expect(mails).toHaveLength(1)
})

test('a server that offers no TLS is not used, unless it is this machine', async () => {
  const { mails, port } = await startMailServer()
  await expect(deliver(mail(`smtp://0.0.0.0:${port}`), { page: pageFor(), sequence: 1 })).rejects.toMatchObject({
    code: 'SPY_PAGE_UNDELIVERED',
    message: expect.stringContaining('ETLS') as string,
  })
  await deliver(mail(`smtp://127.0.0.1:${port}`), { page: pageFor(), sequence: 1 })
  expect(mails).toHaveLength(1)
})

test('a refusal has its number, a silent server a time, and an internal address that a command set is not connected to', async () => {
  const refusing = await startMailServer({
    onRcptTo: (_, __, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
  })
  await expect(deliver(mail(`smtp://127.0.0.1:${refusing.port}`), { page: pageFor(), sequence: 1 })).rejects.toMatchObject({
    message: expect.stringContaining('EENVELOPE 550') as string,
  })
  const silent = await startMailServer({ onConnect: () => {} })
  await expect(
    deliver(mail(`smtp://127.0.0.1:${silent.port}`, { timeoutMs: 100 }), { page: pageFor(), sequence: 1 }),
  ).rejects.toMatchObject({
    code: 'SPY_PAGE_UNDELIVERED',
  })
  const guarded = mail(`smtp://localhost:${refusing.port}`, {})
  await expect(deliver({ ...guarded, guarded: ['url'] }, { page: pageFor(), sequence: 1 })).rejects.toMatchObject({
    code: 'SPY_RECEIVER_INTERNAL',
  })
})
