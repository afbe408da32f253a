/** Recognises libraries in the bundles of an application. */
import type { Instrumentation } from './instrumentation.ts'

/** A file of the application that holds a library is at least this large, in bytes. */
export const MIN_BUNDLE = 16_384

/** Whether a bundle holds the library where no hook reaches it: without what the plugin of esbuild appends. */
export function isBundledIn(text: string | Buffer, { name, mark, recordedBy = name }: Instrumentation): boolean {
  if (mark === undefined || !text.includes(mark)) return false
  const patch = new RegExp(String.raw`["'\`](?:${name}|${recordedBy}):[^"'\`\s]+\.[cm]?js["'\`]`)
  return !patch.test(typeof text === 'string' ? text : text.toString('latin1'))
}
