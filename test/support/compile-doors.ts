/** What a user's TypeScript says to the doors of packages that are installed in a project. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ProgramResult, runProgram } from '../../scripts/run-program.ts'
import { ROOT } from './sources.ts'

const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable', 'esnext.iterator'],
  strict: true,
  noEmit: true,
  typeRoots: [join(ROOT, 'node_modules/@types')],
  types: ['node'],
}

/** Compiles a module that imports each door. Declarations are checked too. */
export function compileDoors(project: string, doors: readonly string[]): Promise<ProgramResult> {
  const folder = join(project, 'typed')
  mkdirSync(folder)
  writeFileSync(join(folder, 'doors.mts'), doors.map((door, index) => `export * as door${index} from '${door}'\n`).join(''))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  return runProgram('tsc', ['-p', folder])
}
