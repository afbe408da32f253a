/**
 * What a profile of @datadog/pprof says of each sample: its stack in the folded form that flame graphs are drawn from (`outer;inner`), with application files
 * relative to the source root, and the line of the application in it.
 */
import { applicationFile } from '../call-site/call-site.ts'

/** Label under which the number of a sample is in the profile. */
export const SAMPLE_LABEL = 'sample'

/** Of the text of one profile; the smallest stacks give way. */
const MAX_TEXT = 65_536

type Id = number | bigint

/** The parts of pprof's format that matter here: texts and places are referred to by number. */
export interface PprofProfile {
  readonly stringTable: { readonly strings: readonly string[] }
  readonly function: readonly { readonly id: Id; readonly name: Id; readonly filename: Id }[]
  readonly location: readonly { readonly id: Id; readonly line: readonly { readonly functionId: Id; readonly line: Id }[] }[]
  /** Innermost place first. Values: samples, wall time and CPU time in nanoseconds. */
  readonly sample: readonly {
    readonly locationId: readonly Id[]
    readonly value: readonly Id[]
    readonly label: readonly { readonly key: Id; readonly num: Id }[]
  }[]
}

export interface SampledStack {
  /** Undefined: it has no label, and may stand for several samples. */
  readonly sample: number | undefined
  readonly stack: string
  /** `file:line` of the innermost function of the application; empty when there is none. */
  readonly location: string
  /** Of wall time; 0 for idle ones. */
  readonly nanos: number
}

export function sampledStacks(profile: PprofProfile, sourceRoot: string): readonly SampledStack[] {
  const text = (id: Id): string => profile.stringTable.strings[Number(id)] ?? ''
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const places = new Map(
    profile.location.map(({ id, line: [line] }) => {
      const { name = 0, filename = 0 } = functions.get(Number(line?.functionId)) ?? {}
      return [Number(id), placeOf(text(name), text(filename), { line: Number(line?.line ?? 0), sourceRoot })]
    }),
  )
  return profile.sample.map(({ locationId, value, label }) => {
    const own = locationId.map((id) => places.get(Number(id)) ?? UNKNOWN)
    const number = label.find(({ key }) => text(key) === SAMPLE_LABEL)?.num
    return {
      sample: number === undefined ? undefined : Number(number),
      stack: own
        .map(({ frame }) => frame)
        .toReversed()
        .join(';'),
      location: own.find(({ location }) => location !== '')?.location ?? '',
      nanos: Number(value[1] ?? 0),
    }
  })
}

export interface Place {
  readonly frame: string
  readonly location: string
}

const UNKNOWN: Place = { frame: '?', location: '' }

/** A folded stack separates by semicolons and lines. Functions without a name are called by their place, as V8 has it. */
export function placeOf(name: string, url: string, { line, sourceRoot }: { readonly line: number; readonly sourceRoot: string }): Place {
  const { file, isForeign } = applicationFile(url, sourceRoot)
  const at = line > 0 ? `${file}:${line}` : file
  const frame = `${name.replace(/^\(anonymous.*$/, '') || '<anonymous>'}${file === '' ? '' : ` (${at})`}`
  return { frame: frame.replaceAll(/[;\n]/g, ','), location: isForeign || file === '' ? '' : at }
}

/** Nanoseconds by stack as a text of lines `outer;inner microseconds`, largest first. */
export function foldedText(stacks: ReadonlyMap<string, number>): string {
  let text = ''
  for (const [stack, nanos] of [...stacks].toSorted((a, b) => b[1] - a[1])) {
    const line = `${stack} ${Math.round(nanos / 1000)}\n`
    if (text.length + line.length > MAX_TEXT) break
    text += line
  }
  return text.trimEnd()
}
