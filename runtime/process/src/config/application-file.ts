/** `spyglass.app.yaml`, which an application may carry in its folder: how it is started, beyond what its package.json says. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { fail } from './errors.ts'

export const ApplicationFile = z.strictObject({
  entry: z.string().min(1).optional().meta({
    description:
      'Program or module to run, relative to the folder. Default: `exports` or `main` of package.json, else the program of `scripts.start`, else an index file.',
  }),
  import: z.array(z.string().min(1)).optional().meta({
    description: "Modules loaded before it, from the application's own packages: `[tsx]` runs TypeScript that Node cannot strip.",
  }),
  arguments: z.array(z.string()).optional().meta({ description: 'What the program finds in `process.argv` after its own path.' }),
  worker: z
    .boolean()
    .optional()
    .meta({ description: 'The program has no port: a consumer of queues, a scheduler. It is started once its module has run.' }),
  export: z
    .enum(['factory', 'handler', 'fastify-plugin'])
    .optional()
    .meta({ description: 'What an exported function is. Default: told from its parameters.' }),
  port: z.int().min(0).max(65_535).optional().meta({
    description:
      "Port in the program whose server gets the application's address. Default: the first TCP port other than 0 that it listens on.",
  }),
})

export type ApplicationFile = z.infer<typeof ApplicationFile>

/** @throws SPY_APPLICATION_FILE_INVALID, with every error listed */
export function loadApplicationFile(path: string): ApplicationFile {
  const parsed = ApplicationFile.safeParse(contentOf(path) ?? {})
  if (parsed.success) return parsed.data
  const mistakes = parsed.error.issues.map(({ path: at, message }) => `  ${at.map(String).join('.') || '(file)'}: ${message}`)
  throw fail('SPY_APPLICATION_FILE_INVALID', [path, mistakes.join('\n')])
}

function contentOf(path: string): unknown {
  try {
    return parse(readFileSync(path, 'utf8'), { logLevel: 'error' })
  } catch (error) {
    throw fail('SPY_APPLICATION_FILE_INVALID', [path, `  (file): ${error instanceof Error ? error.message : String(error)}`], error)
  }
}
