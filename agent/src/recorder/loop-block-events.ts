/** What a request says of the times at which the event loop was blocked while it ran. */
import { applicationFrames } from '../call-site/call-site.ts'
import { attr } from '../contract/telemetry.ts'
import { type LoopBlock, STACK_UNKNOWN } from '../blocked-loop/blocks.ts'
import type { SpanEvent } from '../otlp/records.ts'
import { toEpochMs } from './clock.ts'

type FindBlocks = (startMs: number, endMs: number) => readonly LoopBlock[]

let find: FindBlocks | undefined

/** Set when a helper watches the loop. */
export function setLoopBlocks(findBlocks: FindBlocks | undefined): void {
  find = findBlocks
}

/** The times at which the event loop was blocked for long, by the process's clock. Nothing is known without a helper. */
export function loopBlocksWithin(startMs: number, endMs: number): readonly LoopBlock[] {
  return find?.(startMs, endMs) ?? []
}

/** One event for each; the innermost function of the application is the place. */
export function loopBlockEvents(startMs: number, endMs: number): SpanEvent[] {
  return loopBlocksWithin(startMs, endMs).map((block) => {
    const [frame] = applicationFrames(block.frames.map((text) => `    at ${text}`).join('\n'))
    return {
      timeMs: toEpochMs(block.startMs),
      name: 'spyglass.loop.blocked',
      attributes: {
        [attr.loopBlockedMs]: Math.round(block.endMs - block.startMs),
        [attr.codeFile]: frame?.file,
        [attr.codeLine]: frame?.line,
        [attr.codeFunction]: frame?.function || undefined,
        [attr.codeStack]: block.frames.join('\n') || STACK_UNKNOWN,
      },
    }
  })
}
