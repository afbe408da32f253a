/**
 * The helper: a thread that watches the main thread's event loop, takes its stacks while it is blocked, and sends the first while it is still blocked. A thread of its
 * own has an exporter of its own.
 */
import { Session } from 'node:inspector'
import { type MessagePort, workerData } from 'node:worker_threads'
import { applicationFrames, frameText, setSourceRoot } from '../call-site/call-site.ts'
import { attr } from '../contract/telemetry.ts'
import { createOtlpExporter, type OtlpExporter, type OtlpExporterOptions } from '../otlp/exporter.ts'
import { BeatWatch } from './beat-watch.ts'
import { BEAT_MS, Beats } from './beats.ts'
import { type BlockMessage, STACK_UNKNOWN } from './blocks.ts'
import { type Inspector, type Paused, pausedFrames } from './paused-frames.ts'

export interface HelperData {
  readonly memory: SharedArrayBuffer
  readonly port: MessagePort
  readonly limitMs: number
  readonly sourceRoot: string
  readonly exporter: OtlpExporterOptions
}

/** JavaScript is paused within a tenth of a second, unless it shares its processor with many others. */
const PATIENCE_MS = 5000
const FLUSH_MS = 5000

const { memory, port, limitMs, sourceRoot, exporter: options } = workerData as HelperData
const beats = new Beats(memory)
const watch = new BeatWatch(limitMs)
let exporter: OtlpExporter | undefined
/** While the loop is blocked. */
let stacks: BlockStacks | undefined

setSourceRoot(sourceRoot)
setInterval(look, BEAT_MS)

function look(): void {
  const { count, isDebugged } = beats
  const blockedMs = watch.look(count, performance.now())
  if (stacks?.beat !== count) endStacks()
  if (blockedMs === undefined || isDebugged) return
  stacks ??= new BlockStacks(count)
  stacks.take(blockedMs)
}

function endStacks(): void {
  stacks?.end()
  stacks = undefined
}

/**
 * The stacks of one block. One session takes them all, since the main thread needs some 70 ms to enable its debugger. Its end lets the main thread go on
 * in any case.
 */
class BlockStacks {
  readonly beat: number
  #session: Session | undefined
  #asked: { readonly blockedMs: number; readonly patience: NodeJS.Timeout } | undefined
  #isTold = false
  /** There was no answer in time: what would come now is of JavaScript after it. */
  #isNative = false

  constructor(beat: number) {
    this.beat = beat
  }

  /** Unless it still waits for the last one. */
  take(blockedMs: number): void {
    if (this.#asked || this.#isNative) return
    this.#asked = { blockedMs, patience: setTimeout(() => this.#givenUp(), PATIENCE_MS) }
    if (this.#session) return this.#session.post('Debugger.pause')
    const session = (this.#session = new Session())
    session.connectToMainThread()
    pausedFrames(inspectorOf(session), (paused) => this.#taken(paused))
  }

  end(): void {
    if (this.#asked) this.#taken(undefined)
    this.#session?.disconnect()
    this.#session = undefined
  }

  #givenUp(): void {
    this.#isNative = true
    this.end()
  }

  /** Undefined: there was no answer in time. */
  #taken(paused: Paused | undefined): void {
    const { blockedMs = 0, patience } = this.#asked ?? {}
    clearTimeout(patience)
    if (paused) this.#session?.post('Debugger.resume')
    if (!this.#asked) return
    this.#asked = undefined
    const isStill = beats.count === this.beat
    const during = isStill ? paused : undefined // otherwise it is of what came after the block
    if (during) port.postMessage({ beat: this.beat, afterMs: blockedMs, ...during } satisfies BlockMessage)
    if (!this.#isTold) tell(blockedMs, during, isStill)
    this.#isTold = true
  }
}

function inspectorOf(session: Session): Inspector {
  return {
    post: (method, parameters = {}, then = () => {}) => session.post(method, parameters, (_error, result) => then(result)),
    onEvent: (listener) => session.on('inspectorNotification', ({ method, params }) => listener(method, params)),
  }
}

function tell(blockedMs: number, { frames, request }: Paused = { frames: [], request: undefined }, isStill: boolean): void {
  exporter ??= createOtlpExporter({ ...options, intervalMs: 250 })
  const [frame] = applicationFrames(frames.map((text) => `    at ${text}`).join('\n'))
  const place = frame ? frameText(frame) : (frames[0] ?? STACK_UNKNOWN)
  const whose = request ? `, in ${request.name}` : ''
  exporter.exportLogs([
    {
      timeMs: Date.now(),
      severityNumber: 13,
      severityText: 'WARN',
      body: `the event loop ${isStill ? 'has been' : 'was'} blocked for more than ${Math.round(blockedMs)} ms: ${place}${whose}`,
      attributes: {
        [attr.loopBlockedMs]: Math.round(blockedMs),
        [attr.codeFile]: frame?.file,
        [attr.codeLine]: frame?.line,
        [attr.codeFunction]: frame?.function || undefined,
        [attr.codeStack]: frames.join('\n') || STACK_UNKNOWN,
      },
      ...(request ? { traceId: request.traceId, spanId: request.spanId } : {}),
    },
  ])
  void exporter.flush(FLUSH_MS)
}
