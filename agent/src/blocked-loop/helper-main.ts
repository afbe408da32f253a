/**
 * The helper: a thread that watches the main thread's event loop, takes its stack while it is blocked, and sends it while it is still blocked. A thread of its
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
import { pausedFrames } from './paused-frames.ts'

export interface HelperData {
  readonly memory: SharedArrayBuffer
  readonly port: MessagePort
  readonly limitMs: number
  readonly sourceRoot: string
  readonly exporter: OtlpExporterOptions
}

/** JavaScript is paused within milliseconds, unless it shares its processor with many others. */
const PATIENCE_MS = 1000
const FLUSH_MS = 5000

const { memory, port, limitMs, sourceRoot, exporter: options } = workerData as HelperData
const beats = new Beats(memory)
const watch = new BeatWatch(limitMs)
let exporter: OtlpExporter | undefined

setSourceRoot(sourceRoot)
setInterval(look, BEAT_MS)

function look(): void {
  const { count, isDebugged } = beats
  const blockedMs = watch.look(count, performance.now())
  if (blockedMs === undefined || isDebugged) return
  takeStack((taken) => {
    const isStill = beats.count === count
    const frames = isStill ? taken : [] // of what came after the block
    port.postMessage({ beat: count, frames } satisfies BlockMessage)
    tell(blockedMs, frames, isStill)
  })
}

/** No frames: there was no answer in time. The session ends either way, which lets the main thread go on. */
function takeStack(then: (frames: readonly string[]) => void): void {
  const session = new Session()
  session.connectToMainThread()
  const patience = setTimeout(() => end([]), PATIENCE_MS)
  let hasEnded = false
  function end(frames: readonly string[]): void {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(patience)
    if (frames.length > 0) session.post('Debugger.resume')
    session.disconnect()
    then(frames)
  }
  pausedFrames(
    {
      post: (method) => session.post(method),
      onEvent: (listener) => session.on('inspectorNotification', ({ method, params }) => listener(method, params)),
    },
    end,
  )
}

function tell(blockedMs: number, frames: readonly string[], isStill: boolean): void {
  exporter ??= createOtlpExporter({ ...options, intervalMs: 250 })
  const [frame] = applicationFrames(frames.map((text) => `    at ${text}`).join('\n'))
  const place = frame ? frameText(frame) : (frames[0] ?? STACK_UNKNOWN)
  exporter.exportLogs([
    {
      timeMs: Date.now(),
      severityNumber: 13,
      severityText: 'WARN',
      body: `the event loop ${isStill ? 'has been' : 'was'} blocked for more than ${Math.round(blockedMs)} ms: ${place}`,
      attributes: {
        [attr.loopBlockedMs]: Math.round(blockedMs),
        [attr.codeFile]: frame?.file,
        [attr.codeLine]: frame?.line,
        [attr.codeFunction]: frame?.function || undefined,
        [attr.codeStack]: frames.join('\n') || STACK_UNKNOWN,
      },
    },
  ])
  void exporter.flush(FLUSH_MS)
}
