/** A pool of connections to a mail server, by the package nodemailer: one for each state of its settings. */
import type { MailServerConfig } from '@spyglass/process/checked-config'
import type * as nodemailer from 'nodemailer'

/** As nodemailer has them: `to`, `subject`, `text`, `html`, `attachments` … */
export type Mail = nodemailer.SendMailOptions

/** What became of a mail. */
export interface SentMail {
  readonly messageId: string
  /** Addresses that the server took the mail for, and those that it did not. */
  readonly accepted: readonly string[]
  readonly rejected: readonly string[]
  /** What it said. */
  readonly response: string
}

export interface Transport {
  sendMail(mail: Mail): Promise<SentMail>
  verify(): Promise<unknown>
  /** Connections that are free are closed now, the others when their mail is sent. */
  close(): void
}

/** STARTTLS (RFC 6409); where TLS begins at once (RFC 8314 §3.3). */
const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** Loads the package: who sends no mail does without. Without TLS nothing leaves the machine. */
export async function openTransport(config: MailServerConfig, password: string | undefined): Promise<Transport> {
  const { createTransport } = await import('nodemailer')
  const { hostname, protocol, username } = new URL(config.url)
  const [secure, isLocal] = [protocol === 'smtps:', LOOPBACK.test(hostname)]
  const { timeoutMs } = config
  return createTransport(
    {
      pool: true,
      maxConnections: config.max,
      host: hostname.replaceAll(/^\[|\]$/g, ''),
      port: portOf(config),
      secure,
      requireTLS: !secure && !isLocal,
      ignoreTLS: !secure && isLocal,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: password ?? '' } }),
    },
    config.from === undefined ? {} : { from: config.from },
  )
}

/** `host:port`. */
export const targetOf = (config: Pick<MailServerConfig, 'url'>): string => `${new URL(config.url).hostname}:${portOf(config)}`

function portOf({ url }: Pick<MailServerConfig, 'url'>): number {
  const { protocol, port } = new URL(url)
  return port === '' ? (PORTS[protocol] ?? 25) : Number(port)
}
