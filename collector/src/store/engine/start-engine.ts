/** Starts an engine on its folder, or, while the disk of that is read-only, on a substitute from which all can be read. */
import { isReadOnly } from '@spyglass/process/durable-file'
import { type EngineProcess, type EngineProcessOptions, startEngineProcess } from './engine-process.ts'
import { substituteFor } from './substitute-folder.ts'

export interface StartOptions extends EngineProcessOptions {
  /** The disk can be written again: this engine takes its tables for read-only until it is replaced. */
  readonly onWritable: () => void
  /** Default 1000. */
  readonly lookMs?: number
}

export async function startEngine({ onWritable, lookMs = 1000, ...options }: StartOptions): Promise<EngineProcess> {
  const { path } = options
  if (!isReadOnly(path)) return startEngineProcess(options)
  const substitute = substituteFor(path)
  const looking = setInterval(() => isReadOnly(path) || onWritable(), lookMs).unref()
  const end = (): void => {
    clearInterval(looking)
    substitute[Symbol.dispose]()
  }
  try {
    const { path: tables, workingFolder } = substitute
    const engine = await startEngineProcess({ ...options, path: tables, workingFolder, isReadOnly: true })
    void engine.ended.then(end)
    return engine
  } catch (error) {
    end()
    throw error
  }
}
