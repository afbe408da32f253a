/** What a request says of the times at which the event loop was blocked while it ran. */
import { applicationFrames, type Frame } from '../call-site/call-site.ts'
import { attr } from '../contract/telemetry.ts'
import { type BlockStack, type LoopBlock, STACK_UNKNOWN } from '../blocked-loop/blocks.ts'
import type { SpanEvent } from '../otlp/records.ts'
import { toEpochMs } from './clock.ts'
import type { LoopWork } from './verdict/loop-evidence.ts'

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

/** One event for each; the innermost function of the application in its first stack is the place. */
export function loopBlockEvents(startMs: number, endMs: number): SpanEvent[] {
  return loopBlocksWithin(startMs, endMs).map((block) => {
    const [stack] = block.stacks
    const frame = stack && placeOf(stack)
    return {
      timeMs: toEpochMs(block.startMs),
      name: 'spyglass.loop.blocked',
      attributes: {
        [attr.loopBlockedMs]: Math.round(block.endMs - block.startMs),
        [attr.codeFile]: frame?.file,
        [attr.codeLine]: frame?.line,
        [attr.codeFunction]: frame?.function || undefined,
        [attr.codeStack]: stack?.frames.join('\n') ?? STACK_UNKNOWN,
        [attr.loopBlockedBy]: stack?.request && `${stack.request.name}, trace ${stack.request.traceId}`,
      },
    }
  })
}

/** Who ran meanwhile: each stack stands for the time up to the middle between it and the next. */
export function workOf({ startMs, endMs, stacks }: LoopBlock): readonly LoopWork[] {
  return stacks.map((stack, i) => {
    const [before, after] = [stacks[i - 1], stacks[i + 1]]
    const frame = placeOf(stack)
    return {
      startMs: before ? startMs + (before.afterMs + stack.afterMs) / 2 : startMs,
      endMs: after ? startMs + (stack.afterMs + after.afterMs) / 2 : endMs,
      request: stack.request,
      location: frame ? `${frame.file}:${frame.line}` : '',
    }
  })
}

function placeOf({ frames }: BlockStack): Frame | undefined {
  return applicationFrames(frames.map((text) => `    at ${text}`).join('\n'))[0]
}
