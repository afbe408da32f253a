import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './sources.ts'

export interface CompiledAgent extends Disposable {
  /** The folder that lies in the package as dist/. */
  readonly folder: string
}

/** The agent as JavaScript in a new folder of agent/, for a Node that runs no TypeScript and for instrumented copies. */
export function compileAgent(): CompiledAgent {
  const folder = mkdtempSync(join(ROOT, 'agent/dist-test-'))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'agent/tsconfig.build.json'), '--outDir', folder])
  for (const file of globSync('**/*.cjs', { cwd: join(ROOT, 'agent/src') })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(ROOT, 'agent/src', file), join(folder, file))
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) }
}
