/** The arguments of `npm run bench`: which benchmarks run, and what is handed on to them. */
export interface BenchArguments {
  readonly names: readonly string[]
  /** For the one benchmark that is named: `--quick`, and the routes that it measures alone. */
  readonly handedOn: readonly string[]
  readonly check: boolean
  readonly update: boolean
  readonly complaints: readonly string[]
}

const OWN = ['--check', '--update']

/** `all` are the names of the benchmarks. Only one that is named alone can be told more: others would not know what to make of it. */
export function readArguments(args: readonly string[], all: readonly string[]): BenchArguments {
  const named = all.filter((name) => args.includes(name))
  const others = args.filter((arg) => !all.includes(arg) && !OWN.includes(arg))
  const handedOn = named.length === 1 ? others : []
  const complaints = others.filter((arg) => !handedOn.includes(arg)).map((arg) => complaintOf(arg, all))
  const names = named.length === 0 && complaints.length === 0 ? all : named
  return { names, handedOn, check: args.includes('--check'), update: args.includes('--update'), complaints }
}

function complaintOf(arg: string, all: readonly string[]): string {
  if (arg.startsWith('-')) return `${arg} is for one benchmark: name it`
  return `no such benchmark: ${arg}. There is: ${all.join(', ')}`
}
