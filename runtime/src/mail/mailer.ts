/** What an application gets of a mail server: `sendMail`, as of a transport of nodemailer, over connections that are bounded and measured. */
import { codeOf, messageOf } from '@spyglass/agent/contract'
import type { MailServerConfig } from '@spyglass/process/checked-config'
import { type Clock, within } from '../clock/index.ts'
import { Queue } from '../concurrency/index.ts'
import { CallFigures } from '../outgoing/index.ts'
import { fail, unavailable } from './errors.ts'
import { type Mail, openTransport, type SentMail, targetOf, type Transport } from './transport.ts'

export interface MailerOptions {
  readonly clock: Clock
  readonly passwordOf: (config: MailServerConfig) => string | undefined
}

/** Connections and the queue before them, for one state of the settings. */
interface Line {
  readonly config: MailServerConfig
  readonly queue: Queue
  transport: Promise<Transport> | undefined
  /** The password that the transport signs in with. */
  password: string | undefined
}

export class Mailer {
  readonly figures: CallFigures
  readonly #options: MailerOptions
  #line: Line
  #isClosed = false

  constructor(config: MailServerConfig, options: MailerOptions) {
    this.#options = options
    this.figures = new CallFigures(() => options.clock.now())
    this.#line = this.#newLine(config)
  }

  get config(): MailServerConfig {
    return this.#line.config
  }

  /** nodemailer keeps a connection for each mail that is being sent. */
  get load(): { readonly connections: number; readonly waiting: number } {
    const { running, length } = this.#line.queue.figures
    return { connections: running, waiting: length }
  }

  /**
   * Sends a mail. Attachments are given by their content: files and addresses are not read.
   * @throws SPY_MAIL_TIMEOUT, SPY_MAIL_BUSY and SPY_MAIL_FAILED, with statusCode 503
   *
   * @example
   * await mail('office').sendMail({ to: 'ann@example.org', subject: 'Your order', text: 'It is on its way.' })
   */
  async sendMail(mail: Mail): Promise<SentMail> {
    return await this.#turn((line, leftMs) =>
      this.#within(line, leftMs, async (signal) =>
        (await this.#transportOf(line)).sendMail({ ...mail, signal: anyOf(mail.signal, signal) }),
      ),
    )
  }

  /** Connects and signs in. @throws as {@link sendMail} */
  async verify(): Promise<void> {
    await this.#turn((line, leftMs) => this.#within(line, leftMs, async () => (await this.#transportOf(line)).verify()))
  }

  /** Mails that wait or are being sent go where they were to go. */
  configure(config: MailServerConfig): void {
    const before = this.#line
    this.#line = this.#newLine(config)
    this.#closeWhenIdle(before)
  }

  /** Waits for what is being sent. */
  async close(deadlineMs: number): Promise<void> {
    this.#isClosed = true
    const { clock } = this.#options
    const end = clock.now() + deadlineMs
    while (this.figures.running > 0 && clock.now() < end) await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    await closed(this.#line)
  }

  #newLine(config: MailServerConfig): Line {
    const { name, max, maxWaiting, timeoutMs } = config
    const queue = new Queue({ name, concurrency: max, maxWaiting, deadlineMs: timeoutMs }, this.#options.clock)
    return { config, queue, transport: undefined, password: undefined }
  }

  /** A password that has changed since opens new connections. */
  #transportOf(line: Line): Promise<Transport> {
    const password = this.#options.passwordOf(line.config)
    if (line.transport && password !== line.password) {
      void closed(line)
      line.transport = undefined
    }
    line.password = password
    line.transport ??= openTransport(line.config, password)
    return line.transport
  }

  #closeWhenIdle(line: Line): void {
    const { running, length } = line.queue.figures
    if (running + length > 0) this.#options.clock.after(LOOK_MS, () => this.#closeWhenIdle(line))
    else void closed(line)
  }

  async #turn<T>(task: (line: Line, leftMs: number) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw fail('SPY_MAIL_CLOSED')
    const line = this.#line
    this.#refuseIfFull(line)
    const { clock } = this.#options
    const since = clock.now()
    const end = this.figures.begin()
    try {
      const result = await line.queue.run(() => task(line, line.config.timeoutMs - (clock.now() - since)))
      end()
      return result
    } catch (error) {
      const told = errorFor(error, line.config)
      end({ error: told, isTimeout: codeOf(told) === 'SPY_MAIL_TIMEOUT', isDown: !isOfMail(error) })
      throw told
    }
  }

  #refuseIfFull({ config, queue }: Line): void {
    const { running, length } = queue.figures
    if (running < config.max || length < config.maxWaiting) return
    this.figures.refused++
    throw unavailable('SPY_MAIL_BUSY', [config.name, length, targetOf(config)])
  }

  /** What is late is taken out of the queue of nodemailer, or its connection is closed: it would go on, and be sent after its time. */
  #within<T>({ config }: Line, leftMs: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { name, timeoutMs } = config
    const lateError = (what: string): Error => unavailable('SPY_MAIL_TIMEOUT', [name, targetOf(config), timeoutMs, what])
    if (leftMs < 1) return Promise.reject(lateError(NOT_SENT))
    const abort = new AbortController()
    const late = (): Error => {
      abort.abort()
      return lateError('nobody knows whether it will be delivered')
    }
    return within(this.#options.clock, leftMs, ask(abort.signal), late)
  }
}

const anyOf = (given: AbortSignal | undefined, ours: AbortSignal): AbortSignal => (given ? AbortSignal.any([given, ours]) : ours)

const LOOK_MS = 50
const NOT_SENT = 'it was not sent'

/** What it sends now is sent. One that could not be opened has said so to who sent. */
async function closed({ transport }: Line): Promise<void> {
  const opened = await transport?.catch(() => undefined)
  opened?.close()
}

/** The error that the application gets. */
function errorFor(error: unknown, config: MailServerConfig): unknown {
  const { name, timeoutMs } = config
  const target = targetOf(config)
  const code = codeOf(error)
  if (code === 'SPY_QUEUE_LATE') return unavailable('SPY_MAIL_TIMEOUT', [name, target, timeoutMs, NOT_SENT])
  return code?.startsWith('SPY_') ? error : unavailable('SPY_MAIL_FAILED', [name, target, messageOf(error)], error)
}

/** The server answered: it does not want this mail, or not from or to these addresses. nodemailer's names. */
const isOfMail = (error: unknown): boolean => ['EENVELOPE', 'EMESSAGE', 'EFILEACCESS', 'EURLACCESS'].includes(codeOf(error) ?? '')
