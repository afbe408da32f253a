/**
 * What a profile of @datadog/pprof says of each request: its stacks in the folded form that flame graphs are drawn from (`outer;inner nanoseconds`), with
 * application files relative to the source root.
 */
import { fileURLToPath } from 'node:url'

/** Label under which the number of a request is in the samples. */
export const REQUEST_LABEL = 'request'

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

/** Wall nanoseconds by folded stack, by the number of the request. Samples without a number are left out. */
export function foldedStacks(profile: PprofProfile, sourceRoot: string): Map<number, Map<string, number>> {
  const text = (id: Id): string => profile.stringTable.strings[Number(id)] ?? ''
  const functions = new Map(profile.function.map((one) => [Number(one.id), one]))
  const places = new Map(
    profile.location.map(({ id, line: [line] }) => {
      const { name = 0, filename = 0 } = functions.get(Number(line?.functionId)) ?? {}
      return [Number(id), frameText(text(name), fileOf(text(filename), sourceRoot), Number(line?.line ?? 0))]
    }),
  )
  const found = new Map<number, Map<string, number>>()
  for (const { locationId, value, label } of profile.sample) {
    const request = label.find(({ key }) => text(key) === REQUEST_LABEL)
    if (!request) continue
    const stack = locationId.map((id) => places.get(Number(id)) ?? '?').toReversed()
    add(found, Number(request.num), { stack: stack.join(';'), nanos: Number(value[1] ?? 0) })
  }
  return found
}

function add(
  to: Map<number, Map<string, number>>,
  request: number,
  { stack, nanos }: { readonly stack: string; readonly nanos: number },
): void {
  const stacks = to.get(request) ?? new Map<string, number>()
  stacks.set(stack, (stacks.get(stack) ?? 0) + nanos)
  to.set(request, stacks)
}

/** A folded stack separates by semicolons and lines. Functions without a name are called by their place, as V8 has it. */
function frameText(name: string, file: string, line: number): string {
  const place = file === '' ? '' : line > 0 ? ` (${file}:${line})` : ` (${file})`
  return `${name.replace(/^\(anonymous.*$/, '') || '<anonymous>'}${place}`.replaceAll(/[;\n]/g, ',')
}

function fileOf(filename: string, sourceRoot: string): string {
  const file = filename.startsWith('file://') ? pathOf(filename) : filename
  return file.startsWith(`${sourceRoot}/`) ? file.slice(sourceRoot.length + 1) : file
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url)
  } catch {
    return url // not a file of this machine
  }
}
