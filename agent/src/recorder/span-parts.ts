/** Pieces that spans of several kinds have. */
import { frameText } from '../call-site/call-site.ts'
import { attr } from '../contract/telemetry.ts'
import type { AttributesInput, SpanEvent, SpanRecord } from '../otlp/records.ts'
import type { Child } from './child.ts'
import { errorStack, errorText, errorTypeOf } from './error-text.ts'
import type { SpanAdditions } from './span-additions.ts'

/** The `error.type` of what a child failed with. */
export function childErrorType({ error }: Child): string | undefined {
  return error === undefined ? undefined : errorTypeOf(error)
}

/** What the application set comes first. */
export function statusField(additions: SpanAdditions | undefined, failed: boolean, error: unknown): Pick<SpanRecord, 'status'> {
  if (additions?.status) return { status: additions.status }
  if (!failed) return {}
  return { status: { code: 'error', message: error === undefined ? undefined : errorText(error) } }
}

/** An exception as a span's event. */
export function exceptionEvent(error: unknown, timeMs: number): SpanEvent {
  return {
    timeMs,
    name: 'exception',
    attributes: {
      [attr.exceptionType]: errorTypeOf(error),
      [attr.exceptionMessage]: errorText(error),
      [attr.exceptionStack]: errorStack(error),
    },
  }
}

/** Where it was called from: this execution, else where the same was called from when it first ran on the same route. */
export function codeAttributes(child: Child): AttributesInput {
  const frames = child.site?.applicationFrames
  const first = frames?.[0]
  if (frames && first) {
    return {
      [attr.codeFile]: first.file,
      [attr.codeLine]: first.line,
      [attr.codeFunction]: first.function || undefined,
      [attr.codeStack]: frames.map(frameText).join('\n'),
    }
  }
  const earlier = child.kind.memory?.(child.detail)?.firstSite(child.record?.routeTemplate ?? '')
  return earlier?.[0] ? earlierSite(earlier, earlier[0]) : {}
}

/** The same as `file:line`. */
export function locationOf(child: Child): string | undefined {
  const { [attr.codeFile]: file, [attr.codeLine]: line } = codeAttributes(child)
  return file === undefined ? undefined : `${String(file)}:${String(line)}`
}

const FRAME_TEXT = /^(.*) \((.+):(\d+):\d+\)$/

function earlierSite(frames: readonly string[], innermost: string): AttributesInput {
  const [, name, file, line] = FRAME_TEXT.exec(innermost) ?? []
  return {
    [attr.codeFile]: file,
    [attr.codeLine]: line === undefined ? undefined : Number(line),
    [attr.codeFunction]: name === '<anonymous>' ? undefined : name,
    [attr.codeStack]: frames.join('\n'),
    [attr.codeEarlier]: true,
  }
}

/** What a client writes behind the question mark may be anything, so it is never exported. */
export function withoutQuery(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : url.slice(0, at)
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
}
