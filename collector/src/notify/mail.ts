/** A page as mail. The mails of one incident are one thread. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import type { ReceiverConfig } from '@spyglass/process/config'
import { createTransport } from 'nodemailer'
import { pageText } from './message/index.ts'
import type { Delivered } from './outbox.ts'
import { authoritiesOf, lookupOf, requireAllowed } from './post.ts'

/** STARTTLS (RFC 6409); where TLS begins at once (RFC 8314 §3.3). */
const PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 }
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

/** @throws SPY_RECEIVER_INTERNAL, and what the mail server or the connection says */
export async function sendMail(receiver: ReceiverConfig, entry: Delivered, signal: AbortSignal): Promise<void> {
  const url = new URL(receiver.url ?? '')
  await requireAllowed(receiver, url)
  const connection = receiver.proxy === undefined ? await connected(receiver, url, signal) : undefined
  const transport = createTransport({ ...transportOptions(receiver, url), ...(connection ? { connection } : { proxy: receiver.proxy }) })
  try {
    await Promise.race([transport.sendMail(mailOf(receiver, entry)), ended(signal)])
  } finally {
    transport.close()
    connection?.destroy()
  }
}

/** Without TLS nothing leaves the machine. */
function transportOptions(receiver: ReceiverConfig, { hostname, protocol, port }: URL) {
  const { user, password, timeoutMs } = receiver
  const ca = authoritiesOf(receiver)
  const [secure, isLocal] = [protocol === 'smtps:', LOOPBACK.test(hostname)]
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: portOf({ protocol, port }),
    secure,
    requireTLS: !secure && !isLocal,
    ignoreTLS: !secure && isLocal,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === undefined ? {} : { auth: { user, pass: password ?? '' } }),
    tls: ca === undefined ? {} : { ca },
  }
}

const portOf = ({ protocol, port }: Pick<URL, 'protocol' | 'port'>): number => (port === '' ? (PORTS[protocol] ?? 25) : Number(port))

/** Our own connection: what its name leads to is checked where it is used. */
async function connected(receiver: ReceiverConfig, url: URL, signal: AbortSignal): Promise<Socket> {
  const lookup = lookupOf(receiver)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: portOf(url), ...(lookup === undefined ? {} : { lookup }) })
  try {
    await once(socket, 'connect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function mailOf({ from, to }: ReceiverConfig, { page, sequence }: Delivered) {
  const { title, lines, link } = pageText(page)
  const thread = `<${page.incidentId}@spyglass>`
  return {
    from,
    to,
    subject: title,
    text: `${[...lines, '', link].join('\n')}\n`,
    messageId: `<${page.incidentId}-${page.status}-${sequence}@spyglass>`,
    references: thread,
    inReplyTo: thread,
    headers: { 'auto-submitted': 'auto-generated', 'x-spyglass-incident': page.incidentId, 'x-spyglass-status': page.status },
  }
}

async function ended(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted()
  await once(signal, 'abort')
  throw signal.reason
}
