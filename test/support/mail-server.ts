/** A mail server for tests. */
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { onTestFinished } from 'vitest'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string | undefined
  readonly isSecure: boolean
  readonly text: string
}

/** A mail server that remembers what it accepted. */
export async function startMailServer(
  options: SMTPServerOptions = {},
): Promise<{ readonly mails: readonly Mail[]; readonly port: number }> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    closeTimeout: 100,
    disabledCommands: options.secure ? [] : ['STARTTLS'], // it would warn of its own certificate
    onAuth: ({ username, password }, _, done) =>
      password === 'hush' ? done(null, { user: username ?? '' }) : done(new Error('wrong password')),
    onData(stream, { envelope, user, secure }, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope
        const from = mailFrom ? mailFrom.address : ''
        mails.push({
          from,
          to: rcptTo.map(({ address }) => address),
          user: user as string | undefined,
          isSecure: secure,
          text: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {}) // a client that does not trust the certificate
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => server.close())
  return { mails, port: (server.server.address() as AddressInfo).port }
}
