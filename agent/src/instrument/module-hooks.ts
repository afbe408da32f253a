/**
 * Reaches into libraries that publish no channel. One line is appended to the few files that a patch names; it hands the file's exports to
 * the patch. Other modules cost one look at their place.
 *
 * There are two ways in. Node's synchronous load hook sees what is imported, and what is required as long as Node's own loader reads it. A
 * loader that replaces `Module._extensions` (tsx, ts-node, swc-node, @babel/register) reads the file itself, so that the hook is never asked; all
 * of them hand the source to `module._compile`. That method is a getter here: only a module that is to be patched gets another function, so no
 * stack of the application has a frame of ours.
 */
import Module, { type LoadFnOutput, registerHooks } from 'node:module'
import { attempt, reportFault } from '../guard/guard.ts'
import { builtinLoaded } from './builtins.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'
import { type PackageFile, packageFileOf } from './package-file.ts'
import type { Sightings } from './sightings.ts'

/** An instrumentation with what its `attach` returned. */
export interface Attached {
  readonly instrumentation: Instrumentation
  readonly patches: readonly ModulePatch[]
}

type Compile = (this: { filename?: unknown }, content: string, ...rest: unknown[]) => unknown
type Entry = (key: string, ...args: unknown[]) => unknown

const ENTRY = Symbol.for('spyglass.patch')
/** A bundle also runs without the agent: what is passed is then what the library has. */
const ENTRY_OR_NOTHING = "(globalThis[Symbol.for('spyglass.patch')] ?? ((_, passed) => passed))"

export interface ModuleHooksOptions {
  readonly attached: readonly Attached[]
  readonly sightings: Sightings
  /** A file of the application was loaded. */
  readonly ownFile: (url: string, source: string | ArrayBuffer | NodeJS.TypedArray) => void
}

export function installModuleHooks({ attached, sightings, ownFile }: ModuleHooksOptions): void {
  const lineFor = lineFinder(attached, (instrumentation, file) => sightings.loaded(instrumentation, file))
  defineEntry(attached, sightings)

  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (url.startsWith('node:')) attempt('load', () => builtinLoaded(url), undefined)
      return attempt('load', () => patched(url, loaded, { lineFor, ownFile }), loaded)
    },
  })
  attempt('compile', () => watchCompile(lineFor), undefined)
}

/** Finds the line to append to a file; undefined for most. `isRecorded` is asked for every file of a package of the table. */
export function lineFinder(
  attached: readonly Attached[],
  isRecorded: (instrumentation: Instrumentation, file: PackageFile) => boolean,
): LineFor {
  const byPackage = new Map<string, Attached[]>()
  for (const each of attached) {
    const library = each.instrumentation.package
    if (library !== undefined) byPackage.set(library, [...(byPackage.get(library) ?? []), each])
  }
  return (place) => {
    const file = packageFileOf(place)
    for (const { instrumentation, patches } of (file && byPackage.get(file.package)) ?? []) {
      if (!file || !isRecorded(instrumentation, file)) continue
      const patch = patches.find((candidate) => candidate.file.test(file.path))
      if (!patch) continue
      const call = `${ENTRY_OR_NOTHING}('${instrumentation.name}:${file.path}',`
      return (source) => `\n;${patch.append?.(call, source) ?? `${call} module.exports)`}`
    }
    return undefined
  }
}

/** A bundle may hold lines that another version of the agent has written, so a patch is found by the name of the library and the file. */
function defineEntry(attached: readonly Attached[], sightings: Sightings): void {
  const byName = new Map(attached.map((each) => [each.instrumentation.name, each]))
  const applied = (name: string, patch: ModulePatch, args: readonly unknown[]): unknown => {
    try {
      return (patch.apply as (...given: readonly unknown[]) => unknown)(...args)
    } catch (error) {
      sightings.failed(name)
      throw error
    }
  }
  const found = (key: string, args: readonly unknown[]): unknown => {
    const [name = '', path = ''] = key.split(':')
    const patch = byName.get(name)?.patches.find(({ file }) => file.test(path))
    if (!patch) return args[0]
    sightings.patched(name)
    return applied(name, patch, args)
  }
  const entry: Entry = (key, ...args) => attempt(key, () => found(key, args), args[0])
  Object.defineProperty(globalThis, ENTRY, { value: entry, configurable: true })
}

/** The line for a file's source. */
export type LineOf = (source: string) => string
export type LineFor = (place: string) => LineOf | undefined

/** Without a source, Node reads the file later, and `_compile` sees it. */
function patched(
  url: string,
  loaded: LoadFnOutput,
  { lineFor, ownFile }: { readonly lineFor: LineFor; readonly ownFile: ModuleHooksOptions['ownFile'] },
): LoadFnOutput {
  const { source } = loaded
  if (source === null || source === undefined) return loaded
  if (!url.includes('/node_modules/')) {
    ownFile(url, source)
    return loaded
  }
  const lineOf = lineFor(url)
  return lineOf ? { ...loaded, source: withLine(textOf(source), lineOf) } : loaded
}

function watchCompile(lineFor: LineFor): void {
  const { prototype } = Module as unknown as { prototype: { _compile: Compile } }
  let compile = prototype._compile
  const compileOf = (filename: string): Compile => {
    const lineOf = lineFor(filename)
    return lineOf ? compileWith(lineOf, compile) : compile
  }
  Object.defineProperty(prototype, '_compile', {
    configurable: true,
    enumerable: true,
    get(this: { filename?: unknown }): Compile {
      try {
        return typeof this.filename === 'string' ? compileOf(this.filename) : compile
      } catch (error) {
        reportFault('compile', error)
        return compile
      }
    },
    /** A loader may replace it, for all modules or for one. */
    set(this: object, value: Compile) {
      if (this === prototype) compile = value
      else Object.defineProperty(this, '_compile', { value, writable: true, configurable: true, enumerable: true })
    },
  })
}

function compileWith(lineOf: LineOf, compile: Compile): Compile {
  return function compileWithLine(content, ...rest) {
    try {
      content = withLine(content, lineOf)
    } catch (error) {
      reportFault('compile', error)
    }
    return compile.call(this, content, ...rest)
  }
}

/** Both ways may lead to the same module. */
export function withLine(source: string, lineOf: LineOf): string {
  const line = lineOf(source)
  return source.endsWith(line) ? source : source + line
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source)
}
