/** The stacks of a profile as V8's inspector gives it: a tree of functions, and the node that each sample was in. */
import { placeOf } from './folded-stacks.ts'

export interface InspectorProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  /** Microseconds. */
  readonly endTime: number
  readonly startTime: number
  readonly samples?: readonly number[]
  /** Since the sample before; of the first, since the start. */
  readonly timeDeltas?: readonly number[]
}

/** Nanoseconds by folded stack. A sample stands for the time up to the next. */
export function inspectorStacks(profile: InspectorProfile, sourceRoot: string): Map<string, number> {
  const { nodes, samples = [], timeDeltas = [], startTime, endTime } = profile
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame, sourceRoot)]))
  const texts = new Map<number, string>()
  const textOf = (id: number): string => {
    const known = texts.get(id)
    if (known !== undefined) return known
    const parent = parents.get(id)
    const above = parent === undefined ? '' : textOf(parent)
    const text = parent === undefined ? '' : above === '' ? (frames.get(id) ?? '?') : `${above};${frames.get(id) ?? '?'}`
    texts.set(id, text)
    return text
  }
  const stacks = new Map<string, number>()
  let atMicros = startTime
  for (const [i, id] of samples.entries()) {
    atMicros += timeDeltas[i] ?? 0
    const micros = Math.max(0, i + 1 < samples.length ? (timeDeltas[i + 1] ?? 0) : endTime - atMicros)
    const stack = textOf(id)
    if (stack !== '' && micros > 0) stacks.set(stack, (stacks.get(stack) ?? 0) + micros * 1000)
  }
  return stacks
}

function frameOf(callFrame: InspectorProfile['nodes'][number]['callFrame'], sourceRoot: string): string {
  const { functionName, url, lineNumber } = callFrame
  return placeOf(functionName, url, { line: lineNumber + 1, sourceRoot }).frame
}
