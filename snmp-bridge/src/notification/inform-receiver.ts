/**
 * A v3 manager (RFC 3414 §4). For informs the receiver's engine is authoritative: we discover its id, localize the keys for it, and
 * track its boots and time. An inform is retried until a signed response acknowledges it, be it the response to an earlier try.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { compareOids, formatOid } from '../ber/oid.ts'
import { pduTag } from '../ber/tags.ts'
import { BerWriter, MAX_DATAGRAM_BYTES } from '../ber/writer.ts'
import { fail } from '../errors.ts'
import { seal } from '../usm/v3-message.ts'
import { reportOids } from '../system/system-objects.ts'
import { type LocalizedKeys, localizeKeys, type MasterKeys } from '../usm/keys.ts'
import { type Address, addressText, type Channel, openChannel } from './channel.ts'
import { type InformAnswer, readInformAnswer } from './inform-answer.ts'
import { type Notification, writeNotification, writePdu } from './message.ts'
import type { Receiver } from './receiver.ts'

export interface InformReceiverOptions extends Address {
  readonly user: string
  readonly keys: MasterKeys
  readonly timeoutMs: number
  readonly retries: number
}

/** What we know about the receiver's engine. After its first signed message, boots and time are only taken from signed ones. */
interface Engine {
  readonly id: Buffer
  readonly keys: LocalizedKeys
  boots: number
  time: number
  /** When `time` was true, in milliseconds of {@link performance.now}. */
  at: number
}

/** What is being delivered. */
interface Inform {
  readonly notification: Notification
  /** Of all its tries. */
  readonly requestId: number
  isAcknowledged: boolean
}

const NO_BYTES = Buffer.alloc(0)
/** Maximum number of corrections of our view of the engine per inform. */
const MAX_CORRECTIONS = 3

export function createInformReceiver(options: InformReceiverOptions): Receiver {
  const session = new InformSession(options)
  return {
    name: addressText(options),
    acknowledges: true,
    deliver: (notification) => session.deliver(notification),
    close: () => session.close(),
  }
}

class InformSession {
  readonly #options: InformReceiverOptions
  readonly #channel: Channel
  readonly #writer = new BerWriter(0, 16_384)
  readonly #user: Buffer
  #engine: Engine | undefined
  /** Why the last message could not be sent, for example a DNS error. */
  #unsent: unknown
  #nextId = randomInt(0x7000_0000)
  #waiting: { readonly msgId: number; readonly resolve: (answer: InformAnswer | undefined) => void } | undefined
  #inform: Inform | undefined
  /** Of the engine that was known last: a late acknowledgement is signed with them. */
  #keys: LocalizedKeys | undefined

  constructor(options: InformReceiverOptions) {
    this.#options = options
    this.#channel = openChannel(options, (message) => this.#take(message))
    this.#user = Buffer.from(options.user)
  }

  async deliver(notification: Notification): Promise<void> {
    const { retries } = this.#options
    const inform = this.#informOf(notification)
    this.#unsent = undefined
    let why = 'it did not acknowledge'
    let corrections = 0
    for (let attempt = 0; attempt <= retries; attempt++) {
      const engine = this.#engine ?? (await this.#discover())
      const answer = engine && !inform.isAcknowledged ? await this.#send(engine, inform) : undefined
      if (inform.isAcknowledged) {
        this.#inform = undefined
        return
      }
      if (!answer) continue
      why = `it reports ${answer.oid ? formatOid(answer.oid) : 'nothing'}`
      if (this.#correct(answer) && corrections++ < MAX_CORRECTIONS) attempt--
      else await delay(this.#options.timeoutMs, undefined, { ref: false }) // a report can be forged, so it must not use up an attempt
    }
    this.#engine = undefined // the receiver may restart with another engine id
    throw this.#unsent ?? fail('SPY_SNMP_RECEIVER', [addressText(this.#options), why])
  }

  close(): void {
    this.#waiting?.resolve(undefined)
    this.#channel.close()
  }

  /** Applies what a report says about the engine. Returns true if an immediate retry makes sense. */
  #correct({ type, oid, authentic, parameters }: InformAnswer): boolean {
    if (type !== 'report' || !oid) return false
    if (compareOids(oid, reportOids.unknownEngineIds) === 0) {
      this.#engine = this.#engineOf(parameters.engineId, parameters.boots, parameters.time)
      return true
    }
    if (!authentic || !this.#engine || compareOids(oid, reportOids.notInTimeWindows) !== 0) return false
    this.#engine.boots = parameters.boots
    this.#engine.time = parameters.time
    this.#engine.at = performance.now()
    return true
  }

  /** A request without user and engine id is answered by a report that names the engine (RFC 3414 §4). */
  async #discover(): Promise<Engine | undefined> {
    const answer = await this.#exchange((msgId) => {
      writePdu(this.#writer, pduTag.get, msgId, [])
      return seal(this.#writer, {
        msgId,
        reportable: true,
        engineId: NO_BYTES,
        boots: 0,
        time: 0,
        user: NO_BYTES,
        priv: false,
        maxSize: MAX_DATAGRAM_BYTES,
      })
    })
    if (answer?.type !== 'report') return undefined
    this.#engine = this.#engineOf(answer.parameters.engineId, answer.parameters.boots, answer.parameters.time)
    return this.#engine
  }

  #engineOf(id: Buffer, boots: number, time: number): Engine | undefined {
    if (id.length < 5) return undefined
    const known = this.#engine?.id.equals(id) ? this.#engine.keys : undefined
    const keys = known ?? localizeKeys(this.#options.keys, id)
    this.#keys = keys
    return { id: Buffer.from(id), keys, boots, time, at: performance.now() }
  }

  /** One that is delivered again keeps its request id, so that the acknowledgement of an earlier try counts. */
  #informOf(notification: Notification): Inform {
    if (this.#inform?.notification !== notification) this.#inform = { notification, requestId: this.#id(), isAcknowledged: false }
    return this.#inform
  }

  #send(engine: Engine, { notification, requestId }: Inform): Promise<InformAnswer | undefined> {
    return this.#exchange((msgId) => {
      writeNotification(this.#writer, 'inform', notification, requestId)
      return seal(this.#writer, {
        msgId,
        reportable: true,
        engineId: engine.id,
        boots: engine.boots,
        time: engine.time + Math.floor((performance.now() - engine.at) / 1000),
        user: this.#user,
        keys: engine.keys,
        priv: true,
        maxSize: MAX_DATAGRAM_BYTES,
      })
    })
  }

  /** Sends one message and waits for the response with its id; undefined on timeout. */
  async #exchange(write: (msgId: number) => Buffer): Promise<InformAnswer | undefined> {
    const msgId = this.#id()
    this.#writer.reset()
    const message = write(msgId)
    const answered = new Promise<InformAnswer | undefined>((resolve) => {
      this.#waiting = { msgId, resolve }
    })
    const timer = setTimeout(() => this.#waiting?.resolve(undefined), this.#options.timeoutMs)
    try {
      await this.#channel.send(message)
      this.#unsent = undefined
      return await answered
    } catch (error) {
      this.#unsent = error
      return await answered // the address may become reachable later: wait as for a timeout
    } finally {
      clearTimeout(timer)
      this.#waiting = undefined
    }
  }

  /** Anyone can send to this port: malformed packets, and responses to other messages, are ignored. */
  #take(message: Buffer): void {
    try {
      const answer = readInformAnswer(message, this.#keys)
      const isOurs = this.#acknowledges(answer) || answer.msgId === this.#waiting?.msgId
      if (isOurs) this.#waiting?.resolve(answer)
    } catch {
      // not an SNMP message; the response may still arrive
    }
  }

  #acknowledges({ type, authentic, requestId }: InformAnswer): boolean {
    if (!this.#inform || type !== 'response' || !authentic || requestId !== this.#inform.requestId) return false
    this.#inform.isAcknowledged = true
    return true
  }

  #id(): number {
    this.#nextId = (this.#nextId + 1) & 0x7fff_ffff
    return this.#nextId
  }
}
