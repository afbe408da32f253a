/** The packages as a user's project has them: packed, unpacked under node_modules, with their dependencies beside them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { packageNameOf, ROOT, type Workspace, workspaces } from './sources.ts'
import type { CommandLine } from './suite.ts'

const execute = promisify(execFile)

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface InstalledPackages extends Disposable {
  /** The project they are installed in. */
  readonly project: string
  /** `spyglass` as npm links it. */
  readonly spyglass: CommandLine
  folderOf(workspace: Workspace): string
  manifestOf(workspace: Workspace): Manifest
  /** Files of a package, relative to its folder. */
  filesOf(workspace: Workspace): string[]
  /** Starts Node in the project: no export condition, and nothing of this process's environment but the way to programs. */
  node(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess
}

/** Packs the workspaces, which builds them, and unpacks them in a new project. Needs no network. */
export async function installPackages(): Promise<InstalledPackages> {
  const project = mkdtempSync(join(tmpdir(), 'spyglass-packages-'))
  await pack(project).catch((error: unknown) => {
    rmSync(project, { recursive: true, force: true })
    throw error
  })
  const folderOf = (workspace: Workspace): string => join(project, 'node_modules', packageNameOf(workspace))
  await Promise.all(workspaces.map((workspace) => unpack(project, workspace, folderOf(workspace))))
  const manifestOf = (workspace: Workspace): Manifest => JSON.parse(readFileSync(join(folderOf(workspace), 'package.json'), 'utf8'))
  for (const workspace of workspaces) link(project, folderOf(workspace), manifestOf(workspace))
  const env = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: project }
  return {
    project,
    spyglass: { program: join(project, 'node_modules/.bin/spyglass'), args: [], cwd: project, env },
    folderOf,
    manifestOf,
    filesOf: (workspace) => filesIn(folderOf(workspace)),
    node: (args, more = {}) => spawn(process.execPath, args, { cwd: project, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'pipe'] }),
    [Symbol.dispose]: () => rmSync(project, { recursive: true, force: true, maxRetries: 5 }),
  }
}

async function pack(to: string): Promise<void> {
  const selected = workspaces.flatMap((workspace) => ['--workspace', workspace])
  await execute('npm', ['pack', ...selected, '--pack-destination', to], { cwd: ROOT })
}

/** What `npm pack` wrote for the workspace. */
export function archiveOf(project: string, workspace: Workspace): string {
  const stem = packageNameOf(workspace).slice(1).replace('/', '-')
  return join(project, readdirSync(project).find((file) => file.startsWith(`${stem}-`) && file.endsWith('.tgz')) ?? `${stem}.tgz`)
}

async function unpack(project: string, workspace: Workspace, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await execute('tar', ['-xzf', archiveOf(project, workspace), '--strip-components=1', '-C', folder])
}

/** What npm would install for the package: its programs and what it declares, nothing that only this repository has. */
function link(project: string, folder: string, { bin = {}, dependencies = {}, peerDependencies = {} }: Manifest): void {
  for (const [name, file] of Object.entries(bin)) {
    chmodSync(join(folder, file), 0o755)
    linkOnce(join(folder, file), join(project, 'node_modules/.bin', name))
  }
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (!name.startsWith('@spyglass/')) linkOnce(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
  }
}

function linkOnce(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}
